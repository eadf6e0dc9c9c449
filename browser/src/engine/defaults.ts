import { Iframe } from "./iframe.js";
import { Polling } from "./polling.js";
import { transportsByName } from "./socket.js";
import { Streaming } from "./streaming.js";
import { WebSocketTransport } from "./websocket.js";

// In the order of preference. Where there is no document, there are no frames.
Object.assign(transportsByName, { polling: Polling, websocket: WebSocketTransport, streaming: Streaming });
if (typeof document === "object") transportsByName.iframe = Iframe;
