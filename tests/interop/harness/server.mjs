// A server of CONTRACT.md as a process: SERVER=reference (default) or SERVER=sockeye, speaking PARSER=json (default) or
// PARSER=msgpack.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const SERVER = process.env.SERVER ?? "reference";
export const isReference = SERVER === "reference";
export const PARSER = process.env.PARSER ?? "json";
if (!["json", "msgpack"].includes(PARSER)) throw new Error(`PARSER=${PARSER}: known are json, msgpack`);

const commands = {
  reference: () => [process.execPath, fileURLToPath(new URL("../reference/server.mjs", import.meta.url))],
  sockeye: () => {
    const binary = process.env.SOCKEYE_INTEROP;
    if (!binary) throw new Error("SERVER=sockeye needs SOCKEYE_INTEROP, the path of the binary sockeye-interop");
    return [binary];
  },
};

const started = new Set();
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});
// The test runner ends a file that takes too long by SIGTERM, which alone would leave the servers behind.
process.once("SIGTERM", () => process.exit(143));

export class ServerProcess {
  #options;
  #child;

  /** Options are the command line's, without the dashes: `{ "ping-interval": 200 }`. */
  static async start(options = {}) {
    const server = new ServerProcess();
    server.#options = options;
    await server.#spawn(options.port ?? 0);
    return server;
  }

  async #spawn(port) {
    const make = commands[SERVER];
    if (!make) throw new Error(`SERVER=${SERVER}: known are ${Object.keys(commands).join(", ")}`);
    const [command, ...before] = make();
    const options = Object.entries({ parser: PARSER, ...this.#options, port }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(command, [...before, ...options], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    started.add(child);
    child.once("exit", () => started.delete(child));

    this.port = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`the server ended before it listened: ${signal ?? code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line);
        if (found) resolve(Number(found[1]));
      });
    });
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Ends the process and answers how it ended: `{ code, signal }`. */
  async stop(signal = "SIGKILL") {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return { code: child.exitCode, signal: child.signalCode };
    const ended = once(child, "exit");
    child.kill(signal);
    const [code, by] = await ended;
    return { code, signal: by };
  }

  /** Starts it again on the port it had. */
  async restart() {
    await this.#spawn(this.port);
  }
}
