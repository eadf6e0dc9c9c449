// nginx as a distribution ships it, in front of a server: its Host is the upstream's, as without further lines.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../harness/port.mjs";

const PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

function config(folder, port, upstream) {
  // Its workers write into the folder; started by root they would be somebody else.
  const user = process.getuid() === 0 ? "user root;" : "";
  return `
daemon off;
${user}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
${PATHS.map((name) => `  ${name}_temp_path ${folder}/${name};`).join("\n")}
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
`;
}

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

// A test that is ended must not leave behind an nginx that holds the runner's output open.
const started = new Set();
process.on("exit", () => {
  for (const child of started) child.kill("SIGTERM");
});

export class Nginx {
  #child;
  #folder;

  static async start(upstream) {
    const nginx = new Nginx();
    nginx.#folder = await mkdtemp(join(tmpdir(), "sockeye-nginx-"));
    nginx.port = await freePort();
    const file = join(nginx.#folder, "nginx.conf");
    await writeFile(file, config(nginx.#folder, nginx.port, upstream));
    nginx.#child = spawn(process.env.NGINX_BINARY ?? "/usr/sbin/nginx", ["-p", nginx.#folder, "-c", file, "-e", "stderr"], { stdio: "inherit" });
    started.add(nginx.#child);
    for (let tries = 0; !(await listens(nginx.port)); tries += 1) {
      if (nginx.#child.exitCode !== null || tries > 500) throw new Error("nginx does not listen");
      await sleep(20);
    }
    nginx.url = `http://127.0.0.1:${nginx.port}`;
    return nginx;
  }

  async stop() {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    started.delete(this.#child);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
