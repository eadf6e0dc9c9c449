import type { Socket } from "./socket.js";
/**
 * Attempts to move a connection to a better transport while the current one carries on.
 *
 * The new transport sends `2probe`; after `3probe` the current one is paused, and when its last requests have returned
 * `5` hands the connection over. A failure at any point leaves the connection where it was.
 */
export declare function attemptUpgrade(engine: Socket, name: string): void;
