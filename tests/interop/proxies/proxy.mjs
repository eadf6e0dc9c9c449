// A reverse proxy as a process of its own, in a folder of its own, on a port that the system picks.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../harness/port.mjs";

const TRIES = 500;

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

const runs = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

// A test that is ended must not leave behind a proxy that holds the runner's output open.
const started = new Map();
process.on("exit", () => {
  for (const [child, kind] of started) child.kill(kind.signal);
});

/** Where the program of this kind is: what NAME_BINARY says, else a usual place; undefined where it is missing. */
export function binary({ name, places }) {
  const named = process.env[`${name.toUpperCase()}_BINARY`];
  return named || places.find(runs);
}

export class Proxy {
  #child;
  #folder;
  #kind;

  /** Starts one of `kinds.mjs` with the lines of `site`, in which `{PORT}` is where it listens. */
  static async start(kind, site) {
    const proxy = new Proxy();
    proxy.#kind = kind;
    proxy.#folder = await mkdtemp(join(tmpdir(), `sockeye-${kind.name}-`));
    proxy.port = await freePort();
    proxy.url = `http://127.0.0.1:${proxy.port}`;
    const file = join(proxy.#folder, "proxy.conf");
    const place = { folder: proxy.#folder, file, port: proxy.port };
    await writeFile(file, kind.frame(site, place).replaceAll("{PORT}", proxy.port));
    const env = { ...process.env, HOME: proxy.#folder, XDG_DATA_HOME: proxy.#folder, XDG_CONFIG_HOME: proxy.#folder };
    const child = spawn(binary(kind), kind.command(place), { stdio: ["ignore", "pipe", "pipe"], env });
    proxy.#child = child;
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said = (said + data).slice(-4000)));
    child.once("error", (error) => (said += error.message));
    started.set(child, kind);
    child.once("exit", () => started.delete(child));
    for (let tries = 0; !(await listens(proxy.port)); tries += 1) {
      if (child.pid === undefined || child.exitCode !== null || tries > TRIES) {
        await proxy.stop();
        throw new Error(`${kind.name} does not listen: ${said}`);
      }
      await sleep(20);
    }
    return proxy;
  }

  async stop() {
    const child = this.#child;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill(this.#kind.signal);
      await ended;
    }
    started.delete(child);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
