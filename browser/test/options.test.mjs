// The options of the reference stand in lists (`options.json`): each that works everywhere is shown to do so here.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { WebSocket } from "ws";
import { root } from "./compiled.mjs";
import { Recorder, within } from "./recorder.mjs";
import { deadPort } from "./server.mjs";

globalThis.WebSocket ??= WebSocket;
const { io, Manager, Fetch, WebSocket: WebSocketTransport } = await import("../dist/socket.io.esm.min.js");
const lists = JSON.parse(readFileSync(join(root, "options.json"), "utf8"));
const require = createRequire(import.meta.url);
const limit = { timeout: 20_000 };

/** The names in the interfaces of a declaration file. */
function declared(path, ...interfaces) {
  const text = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return interfaces.flatMap((name) => {
    const body = new RegExp(`interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(text)[1];
    return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, option]) => option);
  });
}

test("the lists hold every option of socket.io-client, and so do the types", () => {
  const official = dirname(dirname(require.resolve("socket.io-client/package.json")));
  const engine = join(official, "engine.io-client/build/esm/socket.d.ts");
  const client = join(official, "socket.io-client/build/esm");
  const theirs = [
    ...declared(engine, "SocketOptions"),
    ...declared(join(client, "manager.d.ts"), "ManagerOptions"),
    ...declared(join(client, "socket.d.ts"), "SocketOptions"),
  ];
  const ours = [
    ...declared(join(root, "dist/engine/options.d.ts"), "EngineOptions"),
    ...declared(join(root, "dist/manager.d.ts"), "ManagerOptions"),
    ...declared(join(root, "dist/options.d.ts"), "SocketOptions"),
  ];
  const sorted = (names) => [...new Set(names)].sort();
  const all = [...lists.everywhere, ...lists.withoutEffect, ...lists.nodeOnly];
  assert.equal(new Set(all).size, all.length, "an option is in two lists");
  assert.deepEqual(sorted(all), sorted(theirs));
  assert.deepEqual(sorted([...all, ...lists.oursAlone]), sorted(ours));
});

function client(t, url, options) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  t.after(() => (socket.disconnect(), socket.io.disconnect()));
  return socket;
}

const next = (emitter, event) => within(new Promise((done) => emitter.once(event, (...args) => done(args))), event);
const polling = { transports: ["polling"] };
const websocket = { transports: ["websocket"] };
const name = (socket) => socket.io.engine.transport.name;

async function recorder(t, changes) {
  return new Recorder(changes).start(t);
}

/** Delays of the attempts to reach a port where nobody is. */
async function delays(t, options) {
  const seen = [];
  const original = globalThis.setTimeout;
  t.mock.method(globalThis, "setTimeout", (callback, delay, ...rest) => {
    if (delay >= 100 && delay < 10_000) seen.push(delay);
    return original(callback, Math.min(delay, 1), ...rest);
  });
  const manager = new Manager(`http://127.0.0.1:${await deadPort()}`, { reconnectionAttempts: 3, timeout: false, ...options });
  t.after(() => manager.disconnect());
  await new Promise((done) => manager.once("reconnect_failed", done));
  return seen;
}

const cases = {
  async ackTimeout(t) {
    const server = await recorder(t, { acknowledge: false });
    const socket = client(t, server.url, { ...websocket, ackTimeout: 10 });
    await assert.rejects(socket.emitWithAck("e"), { message: "operation has timed out" });
  },
  async addTrailingSlash(t) {
    const server = await recorder(t);
    client(t, server.url, { addTrailingSlash: false });
    assert.match((await server.request()).url, /^\/socket\.io\?/);
  },
  async auth(t) {
    const server = await recorder(t);
    client(t, server.url, { ...websocket, auth: { token: 1 } });
    assert.equal(await server.message(), '40{"token":1}');
  },
  async autoConnect(t) {
    const server = await recorder(t);
    const socket = client(t, server.url, { autoConnect: false });
    assert.deepEqual([socket.active, socket.io.engine], [false, undefined]);
    await next(socket.connect(), "connect");
  },
  async closeOnBeforeunload(t) {
    const server = await recorder(t);
    const listeners = {};
    globalThis.addEventListener = (event, listener) => (listeners[event] = listener);
    globalThis.removeEventListener = (event) => delete listeners[event];
    t.after(() => {
      delete globalThis.addEventListener;
      delete globalThis.removeEventListener;
    });
    const socket = client(t, server.url, { ...websocket, closeOnBeforeunload: true });
    await next(socket, "connect");
    socket.on("disconnect", () => assert.fail("a disconnect event"));
    listeners.beforeunload();
    assert.equal(socket.io.engine.transport.readyState, "closed");
    socket.off("disconnect");
    socket.io.engine.close();
    assert.deepEqual(Object.keys(listeners), []);
  },
  async extraHeaders(t) {
    const server = await recorder(t);
    client(t, server.url, { extraHeaders: { "X-A": "1" } });
    assert.equal((await server.request()).headers["x-a"], "1");
  },
  async forceBase64(t) {
    const server = await recorder(t);
    const socket = client(t, server.url, { ...websocket, forceBase64: true });
    socket.emit("e", new Uint8Array([1, 2, 3]));
    assert.equal(await server.message((text) => text[0] === "b"), "bAQID");
    assert.match((await server.request()).url, /[?&]b64=1/);
  },
  async forceNew(t) {
    const { url } = await recorder(t);
    const [a, b] = [io(url), io(url + "/n")];
    const c = io(url + "/m", { forceNew: true });
    t.after(() => [a, b, c].map((socket) => socket.io.disconnect()));
    assert.deepEqual([a.io === b.io, a.io === c.io], [true, false]);
  },
  async host(t) {
    const server = await recorder(t);
    const manager = new Manager({ host: `127.0.0.1`, port: server.port, reconnection: false });
    t.after(() => manager.disconnect());
    assert.equal((await server.request()).headers.host, `127.0.0.1:${server.port}`);
  },
  async hostname(t) {
    const server = await recorder(t);
    const manager = new Manager({ hostname: "127.0.0.1", port: server.port, reconnection: false });
    t.after(() => manager.disconnect());
    await server.request();
  },
  async multiplex(t) {
    const { url } = await recorder(t);
    const [a, b] = [io(url + "/a"), io(url + "/b", { multiplex: false })];
    t.after(() => [a, b].map((socket) => socket.io.disconnect()));
    assert.notEqual(a.io, b.io);
  },
  async parser(t) {
    const server = await recorder(t);
    class Encoder {
      encode = ({ type, nsp }) => [`!${type}${nsp}`];
    }
    class Decoder {
      on() {}
      off() {}
      destroy() {}
    }
    client(t, server.url, { ...websocket, parser: { Encoder, Decoder } });
    assert.equal(await server.message(), "4!0/");
  },
  async path(t) {
    const server = await recorder(t);
    client(t, server.url, { path: "/my/path/" });
    assert.match((await server.request()).url, /^\/my\/path\/\?/);
  },
  async port(t) {
    const server = await recorder(t);
    const manager = new Manager({ hostname: "127.0.0.1", port: String(server.port), reconnection: false });
    t.after(() => manager.disconnect());
    await server.request();
  },
  async protocols(t) {
    const server = await recorder(t);
    const socket = client(t, server.url, { ...websocket, protocols: ["a", "b"] });
    await next(socket, "connect");
    assert.equal((await server.request()).headers["sec-websocket-protocol"].replace(" ", ""), "a,b");
  },
  async query(t) {
    const server = await recorder(t);
    client(t, server.url, { query: { a: "x y" } });
    assert.match((await server.request()).url, /[?&]a=x%20y/);
  },
  async randomizationFactor(t) {
    t.mock.method(Math, "random", () => 0.3);
    assert.deepEqual(await delays(t, { randomizationFactor: 1 }), [1300, 2600, 5000]);
  },
  async reconnection(t) {
    const url = `http://127.0.0.1:${await deadPort()}`;
    for (const reconnection of [true, false]) {
      const socket = client(t, url, { reconnection, reconnectionDelay: 1, reconnectionAttempts: 1 });
      let attempts = 0;
      socket.io.on("reconnect_attempt", () => attempts++);
      await next(socket, "connect_error");
      if (reconnection) await next(socket.io, "reconnect_failed");
      assert.equal(attempts, +reconnection);
    }
  },
  async reconnectionAttempts(t) {
    const url = `http://127.0.0.1:${await deadPort()}`;
    const socket = client(t, url, { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 2, reconnectionAttempts: 4 });
    let attempts = 0;
    socket.on("connect_error", () => {});
    socket.io.on("reconnect_attempt", (number) => assert.equal(number, ++attempts));
    await next(socket.io, "reconnect_failed");
    assert.equal(attempts, 4);
  },
  async reconnectionDelay(t) {
    assert.deepEqual(await delays(t, { randomizationFactor: 0, reconnectionDelay: 200 }), [200, 400, 800]);
  },
  async reconnectionDelayMax(t) {
    assert.deepEqual(await delays(t, { randomizationFactor: 0, reconnectionDelayMax: 1500 }), [1000, 1500, 1500]);
  },
  async rememberUpgrade(t) {
    const server = await recorder(t);
    const first = client(t, server.url);
    await next(first, "connect");
    if (name(first) !== "websocket") await next(first.io.engine, "upgrade");
    const second = client(t, server.url, { rememberUpgrade: true });
    assert.equal(name(second), "websocket");
    const third = client(t, server.url);
    assert.equal(name(third), "polling");
  },
  async requestTimeout(t) {
    const server = await recorder(t, { silent: true });
    const [error] = await next(client(t, server.url, { ...polling, requestTimeout: 10 }), "connect_error");
    assert.deepEqual([error.message, error.cause.code], ["xhr poll error", "request_timeout"]);
  },
  async retries(t) {
    const server = await recorder(t, { acknowledge: false });
    const socket = client(t, server.url, { ...websocket, retries: 2, ackTimeout: 10 });
    const error = await new Promise((done) => socket.emit("e", done));
    assert.equal(error.message, "operation has timed out");
    // Each try has an id of its own.
    assert.deepEqual(server.messages.slice(1), ['420["e"]', '421["e"]', '422["e"]']);
  },
  async secure(t) {
    const server = createServer();
    const first = new Promise((done) => server.on("connection", (stream) => stream.once("data", (data) => (stream.destroy(), done(data[0])))));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const manager = new Manager({ hostname: "127.0.0.1", port: server.address().port, secure: true, reconnection: false });
    t.after(() => manager.disconnect());
    // RFC 8446 5.1: what TLS begins with.
    assert.equal(await within(first, "a connection"), 22);
  },
  async timeout(t) {
    const server = await recorder(t, { silent: true });
    const [error] = await next(client(t, server.url, { timeout: 10 }), "connect_error");
    assert.deepEqual([error.message, error.cause.code], ["timeout", "timeout"]);
  },
  async timestampParam(t) {
    const server = await recorder(t);
    client(t, server.url, { timestampParam: "stamp" });
    assert.match((await server.request()).url, /[?&]stamp=\w+/);
  },
  async timestampRequests(t) {
    const server = await recorder(t);
    client(t, server.url, { timestampRequests: false });
    assert.doesNotMatch((await server.request()).url, /[?&]t=/);
    client(t, server.url, { ...websocket, timestampRequests: true });
    assert.match((await server.request(({ method }) => method === "WS")).url, /[?&]t=\w+/);
  },
  async transportImplementations(t) {
    const server = await recorder(t);
    await next(client(t, server.url, { transportImplementations: [WebSocketTransport] }), "connect");
    assert.deepEqual(server.requests.map(({ method }) => method), ["WS"]);
    const both = { transports: [Fetch], transportImplementations: [Fetch] };
    assert.throws(() => io(server.url, { forceNew: true, ...both }), /is not supported/);
  },
  async transportOptions(t) {
    const server = await recorder(t);
    client(t, server.url, { transportOptions: { polling: { path: "/polls" }, websocket: { path: "/sockets" } } });
    assert.match((await server.request()).url, /^\/polls\?/);
    assert.match((await server.request(({ method }) => method === "WS")).url, /^\/sockets\?/);
  },
  async transports(t) {
    const server = await recorder(t);
    for (const transports of [["websocket"], [WebSocketTransport]]) {
      await next(client(t, server.url, { transports }), "connect");
    }
    assert.deepEqual(server.requests.map(({ method }) => method), ["WS", "WS"]);
    assert.throws(() => client(t, server.url, { transports: "websocket" }), TypeError);
  },
  async tryAllTransports(t) {
    const server = await recorder(t, { refuseWebSocket: true, handshake: { upgrades: [] } });
    const socket = client(t, server.url, { transports: ["websocket", "polling"], tryAllTransports: true });
    await next(socket, "connect");
    assert.equal(name(socket), "polling");
  },
  async upgrade(t) {
    const server = await recorder(t);
    const socket = client(t, server.url, { upgrade: false });
    await next(socket, "connect");
    await new Promise((done) => socket.emit("e", done));
    assert.deepEqual([name(socket), server.requests.some(({ method }) => method === "WS")], ["polling", false]);
  },
  async useNativeTimers(t) {
    const server = await recorder(t, { silent: true });
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const native = client(t, server.url, { timeout: 10, useNativeTimers: true });
    const mocked = client(t, server.url, { timeout: 10 });
    mocked.on("connect_error", () => assert.fail("the clock stands still"));
    const failed = new Promise((done) => native.once("connect_error", done));
    const error = await failed;
    mocked.off("connect_error");
    t.mock.timers.reset();
    assert.equal(error.message, "timeout");
  },
  async withCredentials(t) {
    const seen = [];
    const original = globalThis.fetch;
    t.mock.method(globalThis, "fetch", (uri, request) => (seen.push(request.credentials), original(uri, request)));
    const server = await recorder(t);
    for (const withCredentials of [true, false]) {
      const socket = client(t, server.url, { ...polling, withCredentials });
      await next(socket, "connect");
      socket.disconnect();
    }
    assert.deepEqual([...new Set(seen)], ["include", "same-origin"]);
  },
};

test("every option that works everywhere is shown to", () => {
  assert.deepEqual(Object.keys(cases).sort(), lists.everywhere);
});

for (const [option, show] of Object.entries(cases)) test(`option ${option}`, limit, show);

test("an option without effect changes nothing", limit, async (t) => {
  const server = await recorder(t);
  const all = [...lists.withoutEffect, ...lists.nodeOnly];
  const options = Object.fromEntries(all.map((option) => [option, option === "autoUnref" ? true : {}]));
  const socket = client(t, server.url, options);
  await next(socket, "connect");
  assert.ok(server.requests.every(({ url }) => !all.some((option) => url.includes(option))));
});

test("a transport of one's own makes its own WebSocket", limit, async (t) => {
  const server = await recorder(t);
  const { WebSocket } = await import("../dist/socket.io.esm.min.js");
  const calls = [];
  class Mine extends WebSocket {
    createSocket(uri, protocols, opts) {
      calls.push([new URL(uri).pathname, protocols, opts]);
      return super.createSocket(uri + "&mine=1", protocols, opts);
    }
  }
  const extraHeaders = { "x-a": "1" };
  const socket = client(t, server.url, { transports: [Mine], protocols: ["a"], extraHeaders });
  await next(socket, "connect");
  assert.deepEqual(calls, [["/socket.io/", ["a"], { headers: extraHeaders }]]);
  assert.ok((await server.request()).url.endsWith("&mine=1"));
});

test("WebTransport is accepted and passed over", limit, async (t) => {
  const server = await recorder(t);
  const { WebTransport } = await import("../dist/socket.io.esm.min.js");
  const socket = client(t, server.url, { transports: ["webtransport", "websocket"] });
  await next(socket, "connect");
  assert.equal(name(socket), "websocket");
  const [error] = await next(client(t, server.url, { transports: [WebTransport] }), "connect_error");
  assert.deepEqual([error.message, error.cause.code], ["No transports available", "no_transport"]);
});
