import { Manager, type ManagerOptions } from "./manager.js";
import type { SocketOptions } from "./options.js";
import { Socket } from "./socket.js";
/**
 * The socket of a namespace: `io()` for the page's own server, `io("/admin")` for a namespace there,
 * `io("https://example.com/admin")` elsewhere.
 *
 * Sockets of one server share a connection, unless the namespace is in use already or the options say otherwise.
 */
declare function lookup(opts?: Partial<ManagerOptions & SocketOptions>): Socket;
declare function lookup(uri?: string, opts?: Partial<ManagerOptions & SocketOptions>): Socket;
/** `io`: a function, and the names that a page finds on it. */
export declare const io: typeof lookup & {
    Manager: typeof Manager;
    Socket: typeof Socket;
    io: typeof lookup;
    connect: typeof lookup;
    protocol: number;
};
export {};
