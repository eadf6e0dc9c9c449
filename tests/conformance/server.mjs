// One profile as a process: Sockeye's binary, or the npm packages'.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BINARY = process.env.SOCKEYE_CONFORMANCE ?? here("../../target/debug/conformance");
const START = 10_000;

const commands = {
  sockeye: [BINARY],
  reference: [process.execPath, here("reference/server.mjs")],
};

const started = new Set();
const end = () => {
  for (const child of started) child.kill("SIGKILL");
};
process.on("exit", end);
// The test runner ends a file that takes too long by SIGTERM, which alone would leave the servers behind.
process.once("SIGTERM", () => process.exit(143));

/** Starts `which`, "sockeye" or "reference", with a profile: `{ which, profile, port, path, stop() }`. */
export async function start(which, profile) {
  const [command, ...before] = commands[which];
  const child = spawn(command, [...before, "--port", "0", "--profile", profile], { stdio: ["ignore", "pipe", "inherit"] });
  started.add(child);
  child.once("exit", () => started.delete(child));
  const port = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command} did not listen within ${START} ms`)), START);
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`${command} ended before it listened: ${signal ?? code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line);
      clearTimeout(timer);
      if (found) resolve(Number(found[1]));
    });
  });
  const path = profile.startsWith("engine") ? "/engine.io/" : "/socket.io/";
  return { which, profile, port, path, stop: () => child.kill("SIGKILL") };
}
