/**
 * The client for Node.js without a transport, like that of browsers; those that are imported from here know agents,
 * certificates and cookies.
 *
 * @module
 */
import { NodePolling, NodeStreaming } from "./polling.js";
import { NodeWebSocketTransport } from "./websocket.js";

export * from "../slim.js";
export { io as default } from "../slim.js";
export { NodePolling as Fetch, NodePolling as NodeXHR, NodePolling as XHR, NodeStreaming as Streaming };
export { NodeWebSocketTransport as NodeWebSocket, NodeWebSocketTransport as WebSocket };
