import { once } from "node:events";
import { createRequire } from "node:module";
import { io } from "socket.io-client";
import { root } from "./compiled.mjs";
import { within } from "./recorder.mjs";
import { scripts } from "./server.mjs";
import { sockeye } from "./sockeye.mjs";

const parser = createRequire(import.meta.url)("socket.io-msgpack-parser");
/** Sockeye with the handlers that the scenarios talk to: `TestServer`, in a process of its own. */
export class SockeyeServer {
  port = 0;
  /** In what it differs: rubbish comes from a server beside the other, and CONNECT before what a client has missed. */
  environment = { garbling: { path: "/garbled" }, connectFirst: true };
  #arguments;
  #parser;
  #process;
  #control;

  constructor({ connectionStateRecovery, parser: own }) {
    const recovery = ["--recovery", String(connectionStateRecovery !== undefined)];
    this.#arguments = ["--scenarios", root, ...recovery, "--parser", own ? "msgpack" : "json"];
    this.#parser = own && parser;
  }

  async start() {
    this.#process = await sockeye([...this.#arguments, "--port", String(this.port)]);
    this.port = this.#process.port;
    const options = { transports: ["websocket"], forceNew: true, reconnection: false };
    this.#control = io(`http://127.0.0.1:${this.port}/control`, { ...options, ...(this.#parser && { parser }) });
    await within(once(this.#control, "connect"), "the connection to the server");
    return this;
  }

  async stop() {
    await this.#process.stop();
    this.#control.disconnect();
  }

  /** What a scenario can ask for besides sending events. */
  async control(command, ...args) {
    if (command === "stop") await this.stop();
    else if (command === "start") await this.start();
    else return this.#control.emitWithAck(command, ...args);
  }

  /** The page with one of the scripts, those that the server has in it being its own. */
  html(path) {
    return scripts[path].replace("/dist/socket.io.", "/socket.io/socket.io.");
  }
}
