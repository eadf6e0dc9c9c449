// The binary `sockeye` with a certificate of its own. SOCKEYE_BINARY is its path.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Binary {
  static async start(...options) {
    const path = process.env.SOCKEYE_BINARY;
    if (!path) throw new Error("SOCKEYE_BINARY, the path of the binary sockeye, is not set");
    const binary = new Binary();
    const arguments_ = ["--listen", "127.0.0.1:0", ...options];
    binary.child = spawn(path, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
    process.once("exit", () => binary.child.kill("SIGKILL"));
    const lines = createInterface({ input: binary.child.stdout })[Symbol.asyncIterator]();
    const line = async (pattern) => {
      const { value } = await lines.next();
      const found = pattern.exec(value);
      if (!found) throw new Error(`the binary said ${value}`);
      return found[1];
    };
    binary.url = await line(/^Sockeye listens on (https:\S+)\/ /);
    binary.fingerprint = await line(/SHA-256 (\S+)$/);
    binary.port = Number(new URL(binary.url).port);
    return binary;
  }

  async stop() {
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const [code] = await ended;
    return code;
  }
}
