// The binary `sockeye` as a user starts it. SOCKEYE_BINARY is its path.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../harness/port.mjs";

export class Binary {
  static async start() {
    const binary = new Binary();
    // Kept over its restarts.
    binary.port = await freePort();
    binary.url = `http://127.0.0.1:${binary.port}`;
    await binary.restart();
    return binary;
  }

  async restart() {
    const path = process.env.SOCKEYE_BINARY;
    if (!path) throw new Error("SOCKEYE_BINARY, the path of the binary sockeye, is not set");
    const child = spawn(path, ["--listen", `127.0.0.1:${this.port}`], { stdio: ["ignore", "ignore", "inherit"] });
    this.child = child;
    process.once("exit", () => child.kill("SIGKILL"));
    const ended = new Promise((_resolve, reject) =>
      child.once("exit", (code, signal) => reject(new Error(`the binary ended: ${signal ?? code}`))),
    );
    // Only an end before it listens is an error here.
    ended.catch(() => {});
    await Promise.race([ended, this.#listens()]);
  }

  async #listens() {
    for (const deadline = Date.now() + 10_000; ; ) {
      const page = await fetch(this.url).catch(() => undefined);
      if (page) return;
      if (Date.now() > deadline) throw new Error("the binary does not listen");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(signal = "SIGKILL") {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return { code: this.child.exitCode };
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    const [code, by] = await ended;
    return { code, signal: by };
  }
}
