/** What is called whenever the network is lost. */
export declare const offline: Set<() => void>;
