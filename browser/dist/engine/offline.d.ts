/** Calls `listener` whenever the network is lost, until the returned function is called. */
export declare function onOffline(listener: () => void): () => void;
