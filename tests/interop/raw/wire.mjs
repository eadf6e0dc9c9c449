// Plain HTTP and a plain websocket, so that a test sees the exact bytes. What a probe sees is written as strings:
// a text frame as it is, a binary one as <hex>, the end as "closed CODE".
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { WebSocket } from "ws";

const SILENCE = 5_000;

/** One request on a connection of its own: `{ status, headers, body }`. */
export function request(server, path, { method = "GET", headers = {}, body, signal } = {}) {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: "127.0.0.1", port: server.port, path, method, headers, signal, agent: false },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on("error", reject);
    sent.setTimeout(SILENCE, () => sent.destroy(new Error(`no answer to ${method} ${path} within ${SILENCE} ms`)));
    sent.end(body);
  });
}

/** Status and body as one string, the way the probes' tables hold them. */
export const answer = ({ status, body }) => `${status} ${body}`.trimEnd();

/** Sends bytes on a TCP connection and answers all that comes until the peer closes, or for `patience` ms. */
export async function tcp(server, bytes, patience = 500) {
  const socket = connect(server.port, "127.0.0.1");
  const chunks = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  const timer = setTimeout(() => socket.destroy(), patience);
  await once(socket, "close");
  clearTimeout(timer);
  return Buffer.concat(chunks).toString("latin1");
}

/** A long-polling session, from its open packet on. */
export class Polling {
  static async open(server, query = "") {
    const session = new Polling();
    session.server = server;
    const { body } = await request(server, `/socket.io/?EIO=4&transport=polling${query}`);
    session.open = body;
    session.sid = JSON.parse(body.slice(1)).sid;
    session.path = `/socket.io/?EIO=4&transport=polling&sid=${session.sid}`;
    return session;
  }

  /** A session that joined the namespace `/`. */
  static async joined(server) {
    const session = await Polling.open(server);
    await session.post("40");
    await session.get();
    return session;
  }

  get(options) {
    return request(this.server, this.path, options);
  }

  post(body, headers = { "content-type": "text/plain;charset=UTF-8" }) {
    return request(this.server, this.path, { method: "POST", headers, body });
  }

  /** Whether the server still knows the session, by a request that a living session refuses without harm. */
  async state() {
    const { body } = await request(this.server, this.path.replace("transport=polling", "transport=websocket"));
    return body.includes('"code":1') ? "closed" : "alive";
  }
}

/** A websocket that queues what it reads. */
export class Wire {
  #queue = [];
  #waiting = [];

  static async open(server, query = "EIO=4&transport=websocket", { path = "/socket.io/", ...options } = {}) {
    const wire = new Wire();
    wire.socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}?${query}`, options.protocols, options);
    wire.socket.on("message", (data, binary) => wire.#push(binary ? `<${data.toString("hex")}>` : data.toString()));
    wire.socket.on("close", (code) => wire.#push(`closed ${code}`));
    wire.socket.on("error", () => {});
    await new Promise((resolve) => {
      wire.socket.once("open", resolve);
      wire.socket.once("close", resolve);
    });
    return wire;
  }

  /** A websocket past its open packet; `handshake` is that packet's content. */
  static async ready(server, query) {
    const wire = await Wire.open(server, query);
    wire.handshake = JSON.parse((await wire.read()).slice(1));
    return wire;
  }

  /** The same, joined to the namespace `/`. */
  static async joined(server, query) {
    const wire = await Wire.ready(server, query);
    wire.send("40");
    await wire.read();
    return wire;
  }

  /** The websocket of an upgrade: bound to a polling session. */
  static upgrade(session) {
    return Wire.open(session.server, `EIO=4&transport=websocket&sid=${session.sid}`);
  }

  #push(item) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#queue.push(item);
  }

  send(...packets) {
    for (const packet of packets) this.socket.send(packet);
  }

  /** The next thing that arrives; "silence" when nothing does. */
  read(within = SILENCE) {
    if (this.#queue.length > 0) return Promise.resolve(this.#queue.shift());
    return new Promise((resolve) => {
      const arrived = (item) => {
        clearTimeout(timer);
        resolve(item);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(arrived), 1);
        resolve("silence");
      }, within);
      this.#waiting.push(arrived);
    });
  }

  /** Everything that arrives until `last` or the end, both included. */
  async until(last) {
    for (const items = []; ; ) {
      const item = await this.read();
      items.push(item);
      if (item === last || item === "silence" || item.startsWith("closed")) return items;
    }
  }

  end() {
    this.socket.terminate();
  }
}
