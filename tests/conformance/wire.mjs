// Plain requests and a plain websocket. What is seen is written as strings: a text frame as it is, a binary one as
// <hex>, the end as "closed CODE"; what differs from run to run (ids, offsets) is masked.
import { createRequire } from "node:module";
import { request } from "../interop/raw/wire.mjs";

const { WebSocket } = createRequire(new URL("../interop/package.json", import.meta.url))("ws");
const SILENCE = 3_000;
const TEXT = { "content-type": "text/plain;charset=UTF-8" };
export const RS = "\x1e";

/** Ids and offsets as words, for one profile. */
export function masked(text, profile) {
  const ids = text.replace(/("|\\")(sid|pid)\1:\1[^"\\]+\1/g, "$1$2$1:<$2>");
  return profile === "recovery" ? ids.replace(/(42(?:\/custom,)?\[[^\x1e]*),"[^"\x1e]*"\](?=\x1e|$)/g, "$1,<offset>]") : ids;
}

export const send = (server, query, options) => request(server, server.path + query, options);

/** Status, the headers that this suite is about, and body. */
export async function full(server, query, options) {
  const { status, headers, body } = await send(server, query, options);
  const shown = {};
  for (const name of Object.keys(headers).sort()) {
    if (/^(content-type|cache-control|set-cookie|access-control-.*|vary|content-encoding|location|etag)$/.test(name)) shown[name] = headers[name];
  }
  return { status, headers: shown, body: masked(body, server.profile) };
}

/** Status and body. */
export const brief = ({ status, body }, profile) => masked(`${status} ${body}`.trimEnd(), profile);

/** A long-polling session, from its open packet on. */
export class Polling {
  static async open(server, query = "EIO=4&transport=polling") {
    const session = new Polling();
    session.server = server;
    const { body } = await send(server, `?${query}`);
    session.opened = body;
    session.sid = /"sid\\?":\\?"([\w-]+)/.exec(body)?.[1];
    session.query = `?${query}&sid=${session.sid}`;
    return session;
  }

  /** A session in the namespace `/` whose greeting was read. */
  static async joined(server) {
    const session = await Polling.open(server);
    await session.post("40");
    // The greeting may come with the CONNECT or after it.
    for (let seen = ""; !seen.includes('["auth"'); ) {
      const { status, body } = await session.get();
      if (status !== 200) throw new Error(`not greeted: ${status} ${body}`);
      seen += body;
    }
    return session;
  }

  get(options) {
    return send(this.server, this.query, options);
  }

  post(body, headers = TEXT) {
    return send(this.server, this.query, { method: "POST", headers, body });
  }

  /** What the session says until a packet ends in `last`, without the heartbeat's packets. */
  async until(last) {
    const heard = [];
    for (let round = 0; round < 20; round++) {
      const { status, body } = await this.get();
      if (status !== 200) return [...heard, masked(`${status} ${body}`.trimEnd(), this.server.profile)];
      const packets = body.split(RS);
      if (packets.includes("2")) await this.post("3");
      heard.push(...packets.filter((packet) => packet !== "2").map((packet) => masked(packet, this.server.profile)));
      if (packets.some((packet) => packet.endsWith(last))) return heard;
      // A close packet: nothing follows.
      if (packets.includes("1")) return heard;
    }
    return [...heard, "no end"];
  }
}

/** A websocket that queues what it reads and answers pings by itself. */
export class Wire {
  #queue = [];
  #wake = () => {};

  static async open(server, query = "?EIO=4&transport=websocket", options = {}) {
    const wire = new Wire();
    wire.server = server;
    wire.socket = new WebSocket(`ws://127.0.0.1:${server.port}${server.path}${query}`, options.protocols ?? [], options);
    wire.socket.on("message", (data, binary) => wire.#message(data, binary));
    wire.socket.on("close", (code) => wire.#push(`closed ${code}`));
    wire.socket.on("error", () => {});
    wire.socket.on("unexpected-response", (request, response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        wire.#push(`refused ${response.statusCode} ${Buffer.concat(chunks)}`);
        wire.socket.terminate();
      });
    });
    const timer = setTimeout(() => wire.socket.terminate(), SILENCE);
    await new Promise((resolve) => {
      wire.socket.once("open", resolve);
      wire.socket.once("close", resolve);
    });
    clearTimeout(timer);
    return wire;
  }

  /** Past its open packet. */
  static async ready(server, query) {
    const wire = await Wire.open(server, query);
    wire.opened = await wire.read();
    return wire;
  }

  /** In the namespace `/`, and greeted. */
  static async joined(server, query) {
    const wire = await Wire.ready(server, query);
    wire.send("40");
    wire.connect = await wire.read();
    await wire.read();
    return wire;
  }

  #message(data, binary) {
    if (!binary && data.toString() === "2") this.socket.send("3");
    else this.#push(binary ? `<${data.toString("hex")}>` : data.toString());
  }

  #push(item) {
    this.#queue.push(item);
    this.#wake();
  }

  send(...frames) {
    for (const frame of frames) {
      if (typeof frame === "function") frame(this.socket);
      else this.socket.send(frame, () => {});
    }
  }

  /** The next thing that arrives, unmasked; "silence" when nothing does. */
  async read(within = SILENCE) {
    if (this.#queue.length === 0) {
      let timer;
      await new Promise((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, within);
      });
      clearTimeout(timer);
    }
    return this.#queue.shift() ?? "silence";
  }

  /** All that arrives until a frame that ends in `last`, or the end, masked. */
  async until(last) {
    for (const heard = []; ; ) {
      const item = await this.read();
      heard.push(masked(item, this.server.profile));
      if ((last && item.endsWith(last)) || /^(closed|silence)/.test(item)) {
        this.socket.terminate();
        return heard;
      }
    }
  }
}
