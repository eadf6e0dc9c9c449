/**
 * Socket.IO client.
 *
 * ```ts
 * import { io } from "sockeye-client";
 *
 * const socket = io("https://example.com");
 * socket.on("news", (text) => console.log(text));
 * socket.emit("hello", { name: "Ada" });
 * ```
 *
 * @module
 */
export { io, io as connect, io as default } from "./lookup.js";
export { Manager, type ManagerOptions, type ManagerReservedEvents } from "./manager.js";
export { Socket, type SocketReservedEvents } from "./socket.js";
export type { DisconnectDescription, ExtendedError, SocketOptions } from "./options.js";
export { protocol } from "./protocol/packet.js";
// `XHR` is a name for the transport that carries HTTP polling, which is `fetch` here.
export { Polling as Fetch, Polling as XHR } from "./engine/polling.js";
export { WebSocketTransport as WebSocket } from "./engine/websocket.js";
export type { DefaultEventsMap, EventsMap } from "./emitter.js";
export type { AllButLast, DecorateAcknowledgements, FirstArg, Last } from "./acks.js";
