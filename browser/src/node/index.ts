/**
 * The client for Node.js: that of browsers, with the options for agents, certificates and cookies.
 *
 * @module
 */
import { transportsByName } from "../engine/socket.js";
import { NodePolling, NodeStreaming } from "./polling.js";
import { NodeWebSocketTransport } from "./websocket.js";

Object.assign(transportsByName, { polling: NodePolling, websocket: NodeWebSocketTransport, streaming: NodeStreaming });

export * from "../slim.js";
export { io as default } from "../slim.js";
export { NodePolling as NodeXHR, NodePolling as XHR, NodeStreaming as Streaming, NodeWebSocketTransport as NodeWebSocket };
