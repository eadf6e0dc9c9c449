import type { Socket } from "./socket.js";
/**
 * The attempt to move a connection to a better transport while the current one carries on.
 *
 * The new transport sends `2probe`; after `3probe` the current one is paused, and when its last requests have returned
 * `5` hands the connection over. A failure at any point leaves the connection where it was.
 */
export declare class Upgrade {
    private readonly engine;
    private readonly transport;
    private readonly subs;
    private chosen;
    constructor(engine: Socket, name: string);
    private onReply;
    private fail;
    private abandon;
    private detach;
}
