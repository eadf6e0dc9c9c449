// A server that is polite and takes notes: what the client asked for, said and closed.
import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const handshake = { sid: "s1", upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 };

/** Resolves as `promise` does, or fails with what was awaited. */
export function within(promise, what, ms = 10_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Recorder {
  /** `{ method, url, headers, body }` of each HTTP request, and of each WebSocket with method `WS`. */
  requests = [];
  /** Text frames and bodies, as they came. */
  messages = [];
  #waiting = [];
  #changes;
  // By session: what waits for its next GET, and the GET that waits.
  #sessions = new Map();

  constructor(changes = {}) {
    this.#changes = changes;
  }

  async start(t, create = createServer) {
    const server = create((request, response) => this.#answer(request, response));
    new WebSocketServer({
      server,
      handleProtocols: (all) => [...all].at(-1),
      verifyClient: () => !this.#changes.refuseWebSocket,
    }).on("connection", (peer, request) => {
      this.#note({ method: "WS", url: request.url, headers: request.headers, body: "" });
      if (!request.url.includes("sid=")) peer.send("0" + JSON.stringify({ ...handshake, upgrades: [] }));
      peer.on("message", (data, isBinary) => {
        const text = isBinary ? data : String(data);
        this.messages.push(text);
        if (text === "2probe") peer.send("3probe");
        const reply = this.#reply(text);
        if (reply) peer.send(reply);
        this.#wake();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    this.port = server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  /** The first request that `matches`. */
  request(matches = () => true) {
    return within(this.#until(() => this.requests.find(matches)), "a request");
  }

  /** The first message that `matches`. */
  message(matches = () => true) {
    return within(this.#until(() => this.messages.find(matches)), "a message");
  }

  async #until(look) {
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #note(request) {
    this.requests.push(request);
    this.#wake();
  }

  #reply(text) {
    if (typeof text !== "string") return undefined;
    const connect = /^40(\/[^,]*,)?/.exec(text);
    if (connect) return `40${connect[1] ?? ""}{"sid":"n${this.requests.length}"}`;
    const acknowledged = this.#changes.acknowledge !== false && /^42(\d+)/.exec(text);
    return acknowledged ? `43${acknowledged[1]}[]` : undefined;
  }

  async #answer(request, response) {
    const body = Buffer.concat(await request.toArray()).toString();
    const { method, url, headers } = request;
    this.#note({ method, url, headers, body });
    response.setHeader("Access-Control-Allow-Origin", headers.origin ?? "*");
    if (this.#changes.headers) response.setHeader(...this.#changes.headers);
    if (this.#changes.silent) return;
    const [, sid] = /[?&]sid=(\w+)/.exec(url) ?? [];
    if (method === "POST") {
      this.messages.push(...body.split("\x1e"));
      const replies = body.split("\x1e").map((text) => this.#reply(text)).filter(Boolean);
      response.end("ok");
      this.#session(sid).replies.push(...replies);
      this.#deliver(sid);
      this.#wake();
    } else if (!sid) {
      response.end("0" + JSON.stringify({ ...handshake, sid: `s${this.requests.length}`, ...this.#changes.handshake }));
    } else {
      this.#session(sid).waiting = response;
      this.#deliver(sid);
      // An upgrade waits for the GET to return.
      setTimeout(() => {
        if (this.#session(sid).waiting !== response) return;
        this.#session(sid).waiting = undefined;
        response.end("6");
      }, 50);
    }
  }

  #session(sid) {
    if (!this.#sessions.has(sid)) this.#sessions.set(sid, { replies: [] });
    return this.#sessions.get(sid);
  }

  #deliver(sid) {
    const session = this.#session(sid);
    if (!session.waiting || !session.replies.length) return;
    session.waiting.end(session.replies.splice(0).join("\x1e"));
    session.waiting = undefined;
  }
}
