// A built example as a process: `listening on ADDRESS` or its URL is a line of what it says.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { createInterface } from "node:readline";

const LIMIT = 10_000;

const started = new Set();
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});
// The test runner ends a file that takes too long by SIGTERM, which alone would leave the servers behind.
process.once("SIGTERM", () => process.exit(143));

export class Binary {
  static async start(file, args) {
    const name = basename(file);
    const binary = new Binary();
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    binary.child = child;
    started.add(child);
    child.once("exit", () => started.delete(child));
    binary.url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} says nothing within ${LIMIT} ms`)), LIMIT);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`${name} ended before it listened: ${signal ?? code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /^(?:listening on |http:\/\/)(127\.0\.0\.1:\d+)$/.exec(line);
        if (!found) return;
        clearTimeout(late);
        resolve(`http://${found[1]}`);
      });
    });
    return binary;
  }

  /** Ends it, and tells the status or the signal that it ended with. */
  async stop(signal = "SIGKILL") {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit", { signal: AbortSignal.timeout(LIMIT) });
      child.kill(signal);
      await ended;
    }
    return child.signalCode ?? child.exitCode;
  }
}
