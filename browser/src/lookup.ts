import { decodeQuery, resolve } from "./address.js";
import { logOf } from "./log.js";
import { Manager, type ManagerOptions } from "./manager.js";
import type { SocketOptions } from "./options.js";
import { protocol } from "./protocol/packet.js";
import { Socket } from "./socket.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("socket.io-client");

// Managers that `io()` made, by server and path.
const cache: Record<string, Manager> = {};

/**
 * The socket of a namespace: `io()` for the page's own server, `io("/admin")` for a namespace there,
 * `io("https://example.com/admin")` elsewhere.
 *
 * Sockets of one server share a connection, unless the namespace is in use already or the options say otherwise.
 */
function lookup(opts?: Partial<ManagerOptions & SocketOptions>): Socket;
function lookup(uri?: string, opts?: Partial<ManagerOptions & SocketOptions>): Socket;
function lookup(
  uri?: string | Partial<ManagerOptions & SocketOptions>,
  opts: Partial<ManagerOptions & SocketOptions> = {},
): Socket {
  if (uri && typeof uri === "object") {
    opts = uri;
    uri = undefined;
  }
  const { id, path, query, source } = resolve(uri as string | undefined, opts.path || "/socket.io");
  const shared: Manager | undefined = cache[id];
  const isOwn = opts.forceNew || opts.multiplex === false || (shared && path in shared["nsps"]);
  if (LOG) log(isOwn || !shared ? "new io instance for %s" : "sharing the connection to %s", source);
  const manager = (!isOwn && shared) || new Manager(source, opts);
  if (!isOwn) cache[id] = manager;
  if (query && !opts.query) opts.query = decodeQuery(query);
  return manager.socket(path, opts);
}

/** `io`: a function, and the names that a page finds on it. */
export const io = Object.assign(lookup, { Manager, Socket, io: lookup, connect: lookup, protocol });
