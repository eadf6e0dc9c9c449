// A network that can be broken: TCP between a page and a server, and the page itself, so that both have one origin.
import { readFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { root } from "./compiled.mjs";

const elsewhere = { "/scenarios.mjs": "test", "/worker.js": "test/pages" };
const types = { html: "text/html", js: "text/javascript", mjs: "text/javascript" };

export class Proxy {
  /** What is done to connections:
   *
   * - `delay`: milliseconds each way;
   * - `cutAfter`: bytes of the server after which both ends are cut, once for each number in the list;
   * - `buffer`: keeps what a server sends over an upgraded connection;
   * - `halfOpen`: forwards nothing, and closes nothing;
   * - `refuse`: refuses WebSockets;
   * - `bad`: answers new connections with 502;
   * - `losePosts`: cuts a connection at the POST that it is about to carry;
   * - `deaf`: closes what asks for something.
   */
  fault = {};
  /** Content-Security-Policy of the page. */
  policy = "";
  connections = 0;
  /** Bodies of the POSTs that came in one piece. */
  bodies = [];
  #target;
  #server;
  #streams = new Set();

  constructor(target) {
    this.#target = target;
  }

  async start() {
    this.#server = createServer((stream) => this.#accept(stream));
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  /** Cuts all connections. */
  cut() {
    for (const stream of this.#streams) stream.destroy();
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(stream) {
    this.#track(stream);
    stream.on("data", (data) => {
      const [, body] = /^POST [^]*?\r\n\r\n([^]+)/.exec(data) ?? [];
      if (body) this.bodies.push(body);
    });
    stream.once("data", (head) => {
      if (this.fault.deaf) return stream.destroy();
      const [, path] = /^GET (\/(?:page[^ ]*|[\w.]+\.m?js)) /.exec(head) ?? [];
      if (path) this.#serve(stream, path);
      else this.#forward(stream, head);
    });
  }

  #track(stream) {
    this.#streams.add(stream);
    stream.on("error", () => {});
    stream.on("close", () => this.#streams.delete(stream));
  }

  #serve(stream, path) {
    const [, query] = path.split("?");
    const script = query?.replace(/\W.*$/, (end) => end) || "socket.io.min.js";
    const body = path.startsWith("/page")
      ? `<!DOCTYPE html><link rel="icon" href="data:,"><script src="/${script}"></script>`
      : readFileSync(join(root, elsewhere[path] ?? "dist", path.slice(1)), "utf8");
    const type = types[path.startsWith("/page") ? "html" : path.split(".").at(-1)];
    const length = Buffer.byteLength(body);
    const policy = path.startsWith("/page") && this.policy ? `Content-Security-Policy: ${this.policy}\r\n` : "";
    stream.end(`HTTP/1.1 200 OK\r\n${policy}Content-Type: ${type}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`);
  }

  #forward(stream, head) {
    this.connections++;
    const isUpgrade = /\r\nUpgrade: websocket/i.test(head);
    const refusal = this.fault.bad ? "502 Bad Gateway" : this.fault.refuse && isUpgrade && "400 Bad Request";
    if (refusal) {
      stream.end(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const other = connect(this.#target, "127.0.0.1");
    this.#track(other);
    const cutAfter = this.fault.cutAfter?.shift();
    let sent = 0;
    const pass = (to, data) => {
      if (this.fault.halfOpen) return;
      if (this.fault.delay) setTimeout(() => to.writable && to.write(data), this.fault.delay);
      else if (to.writable) to.write(data);
    };
    const send = (data) => {
      if (!this.fault.losePosts || !/^POST /.test(data)) return pass(other, data);
      stream.destroy();
      other.destroy();
    };
    send(head);
    stream.on("data", send);
    other.on("data", (data) => {
      if (isUpgrade && this.fault.buffer) return;
      const left = cutAfter === undefined ? Infinity : cutAfter - sent;
      sent += data.length;
      if (data.length < left) return pass(stream, data);
      // Not `destroy`: the bytes before the cut arrive.
      stream.end(data.subarray(0, left));
      other.destroy();
    });
    const later = (to) => setTimeout(() => to.end(), this.fault.delay ?? 0);
    stream.on("close", () => !this.fault.halfOpen && later(other));
    other.on("close", () => !this.fault.halfOpen && later(stream));
  }
}
