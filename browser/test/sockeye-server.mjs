import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import { root } from "./compiled.mjs";
import { within } from "./recorder.mjs";
import { scripts } from "./server.mjs";

const parser = createRequire(import.meta.url)("socket.io-msgpack-parser");
const binary = process.env.SOCKEYE_INTEROP ?? join(root, "../target/debug/sockeye-interop");

/** Why the tests against Sockeye are skipped, or false. */
export const noSockeye = existsSync(binary) ? false : `no ${binary}: build it with cargo build -p sockeye-interop`;

/** Sockeye with the handlers that the scenarios talk to: `TestServer`, in a process of its own. */
export class SockeyeServer {
  port = 0;
  /** In what it differs: rubbish comes from a server beside the other, and CONNECT before what a client has missed. */
  environment = { garbling: { path: "/garbled" }, connectFirst: true };
  #arguments;
  #parser;
  #child;
  #control;

  constructor({ connectionStateRecovery, parser: own }) {
    const recovery = ["--recovery", String(connectionStateRecovery !== undefined)];
    this.#arguments = ["--scenarios", root, ...recovery, "--parser", own ? "msgpack" : "json"];
    this.#parser = own && parser;
  }

  async start() {
    const stdio = ["ignore", "pipe", "inherit"];
    this.#child = spawn(binary, [...this.#arguments, "--port", String(this.port)], { stdio });
    const [line] = await within(once(createInterface({ input: this.#child.stdout }), "line"), "the server's port");
    this.port = Number(/:(\d+)$/.exec(line)[1]);
    const options = { transports: ["websocket"], forceNew: true, reconnection: false };
    this.#control = io(`http://127.0.0.1:${this.port}/control`, { ...options, ...(this.#parser && { parser }) });
    await within(once(this.#control, "connect"), "the connection to the server");
    return this;
  }

  async stop() {
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await within(ended, "the server's end");
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
