/**
 * The client without a transport: `transports` takes those that the page imports, and a bundler leaves out the others.
 *
 * ```ts
 * import { io, WebSocket } from "sockeye-client/slim";
 *
 * const socket = io("https://example.com", { transports: [WebSocket] });
 * ```
 *
 * @module
 */
export { io, io as connect, io as default } from "./lookup.js";
export { Manager, type ManagerOptions, type ManagerReservedEvents, type TransportChange } from "./manager.js";
export { Socket, type SocketReservedEvents } from "./socket.js";
export type { DisconnectDescription, ExtendedError, SocketOptions } from "./options.js";
export { protocol } from "./protocol/packet.js";
export { Polling as Fetch, Polling as NodeXHR, Polling as XHR } from "./engine/polling.js";
export { WebSocketTransport as NodeWebSocket, WebSocketTransport as WebSocket } from "./engine/websocket.js";
export { Streaming } from "./engine/streaming.js";
export { Iframe } from "./engine/iframe.js";
export { WebTransport } from "./engine/webtransport.js";
export type { Cause, CauseCode } from "./engine/cause.js";
export type { DefaultEventsMap, EventsMap } from "./emitter.js";
export type { AllButLast, DecorateAcknowledgements, FirstArg, Last } from "./acks.js";
