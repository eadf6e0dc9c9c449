// Sockeye with the contract of `tests/interop`, in a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./compiled.mjs";
import { within } from "./recorder.mjs";

const binary = process.env.SOCKEYE_INTEROP ?? join(root, "../target/debug/sockeye-interop");

/** Why there is no such server, or false. */
export const noSockeye = existsSync(binary) ? false : `no ${binary}: build it with cargo build -p sockeye-interop`;

/** Its port, and what stops it and waits for its end. */
export async function sockeye(options) {
  const child = spawn(binary, options, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await within(once(lines, "line"), "the server's port");
  const stop = () => {
    const ended = once(child, "exit");
    child.kill();
    return within(ended, "the server's end");
  };
  return { port: Number(/:(\d+)$/.exec(line)[1]), stop };
}
