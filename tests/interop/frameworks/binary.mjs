// A binary of examples/frameworks as a process. FRAMEWORKS is the folder that they were built into.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LIMIT = 10_000;

const started = new Set();
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});
// The test runner ends a file that takes too long by SIGTERM, which alone would leave the servers behind.
process.once("SIGTERM", () => process.exit(143));

export class Binary {
  static async start(framework) {
    const folder = process.env.FRAMEWORKS;
    if (!folder) throw new Error("FRAMEWORKS, the folder of the binaries of examples/frameworks, is not set");
    const binary = new Binary();
    const child = spawn(join(folder, `with-${framework}`), ["--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
    binary.child = child;
    started.add(child);
    child.once("exit", () => started.delete(child));
    binary.url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${framework} says nothing within ${LIMIT} ms`)), LIMIT);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`${framework} ended before it listened: ${signal ?? code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /^listening on (127\.0\.0\.1:\d+)$/.exec(line);
        if (!found) return;
        clearTimeout(late);
        resolve(`http://${found[1]}`);
      });
    });
    return binary;
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}
