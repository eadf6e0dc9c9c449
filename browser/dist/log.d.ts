/** Writes a message, with `%s` and its kind filled in, to the console, if the logs of its namespace are wanted. */
export type Log = (message: string, ...parts: unknown[]) => void;
/** Whether a list such as `engine.io-client:*,-*:polling` names this namespace. */
export declare function isWanted(namespace: string, list: string): boolean;
/** The log of one namespace. The names are those of `socket.io-client`, so that filters keep their meaning. */
export declare function logOf(namespace: string): Log;
