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
import "./engine/defaults.js";
export * from "./slim.js";
export { io as default } from "./slim.js";
