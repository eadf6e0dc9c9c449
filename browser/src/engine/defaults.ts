import { Polling } from "./polling.js";
import { transportsByName } from "./socket.js";
import { WebSocketTransport } from "./websocket.js";

// In the order of preference.
Object.assign(transportsByName, { polling: Polling, websocket: WebSocketTransport });
