// What an application is told when something goes wrong: the reference's words, and the cause with its code.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { root } from "./compiled.mjs";
import { Recorder, within } from "./recorder.mjs";
import { deadPort } from "./server.mjs";

globalThis.WebSocket ??= WebSocket;
const { io, Manager } = await import("../dist/socket.io.esm.min.js");
const limit = { timeout: 20_000 };
const polling = { transports: ["polling"] };
const websocket = { transports: ["websocket"] };
const open = '0{"sid":"s1","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

function client(t, url, options) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  t.after(() => (socket.disconnect(), socket.io.disconnect()));
  return socket;
}

async function failure(socket) {
  return (await within(new Promise((done) => socket.once("connect_error", (...args) => done(args))), "connect_error"))[0];
}

async function listening(t, server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => (server.closeAllConnections?.(), server.close()));
  return `http://127.0.0.1:${server.address().port}`;
}

const http = (t, answer) => listening(t, createServer(answer));

const xhr = (status, responseText) => ({
  message: "xhr poll error",
  type: "TransportError",
  description: status,
  context: { status, responseText },
});
const unread = { message: "server error", type: undefined, description: undefined, context: undefined };
const refusal = (code) => JSON.stringify({ code, message: "no" });

for (const [code, what, answer, expected] of [
  ["html", "a page", [200, "<!DOCTYPE html>"], unread],
  ["empty", "nothing in the body", [200, ""], unread],
  ["unreadable", "rubbish", [200, "rubbish"], unread],
  ["engine_3", "a payload of Engine.IO 3", [200, '96:0{"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":1}2:40'], unread],
  ["status", "another status", [502, "Bad Gateway"], xhr(502, "Bad Gateway")],
  ...[0, 1, 2, 3, 4, 5].map((n) => [`server_${n}`, `refusal ${n}`, [n === 4 ? 403 : 400, refusal(n)], xhr(n === 4 ? 403 : 400, refusal(n))]),
]) {
  test(`${what}: ${code}`, limit, async (t) => {
    const url = await http(t, (_request, response) => response.writeHead(answer[0]).end(answer[1]));
    const error = await failure(client(t, url, polling));
    assert.ok(error instanceof Error && error.cause instanceof Error);
    const { message, type, description, context } = error;
    assert.deepEqual({ message, type, description, context }, expected);
    assert.deepEqual([error.cause.code, error.cause.message], [code, code]);
  });
}

test("a redirect: redirected", limit, async (t) => {
  const url = await http(t, (request, response) => {
    if (request.url === "/login") response.end("<!DOCTYPE html>");
    else response.writeHead(302, { Location: "/login" }).end();
  });
  const error = await failure(client(t, url, polling));
  assert.deepEqual([error.message, error.cause.code], ["server error", "redirected"]);
});

test("nobody there: no_answer", limit, async (t) => {
  const error = await failure(client(t, `http://127.0.0.1:${await deadPort()}`, polling));
  assert.deepEqual([error.message, error.description, error.context.status, error.cause.code], ["xhr poll error", 0, 0, "no_answer"]);
});

test("half an answer: cut_off", limit, async (t) => {
  const url = await http(t, (_request, response) => {
    response.writeHead(200, { "Content-Length": 100 });
    response.write("0{", () => response.destroy());
  });
  assert.equal((await failure(client(t, url, polling))).cause.code, "cut_off");
});

test("something that is not HTTP: no_answer", limit, async (t) => {
  const server = createTcpServer((stream) => stream.on("error", () => {}).end("SSH-2.0-OpenSSH_9.6\r\n"));
  assert.equal((await failure(client(t, await listening(t, server), polling))).cause.code, "no_answer");
});

test("an answer that takes too long: request_timeout and timeout", limit, async (t) => {
  const server = await new Recorder({ silent: true }).start(t);
  assert.equal((await failure(client(t, server.url, { ...polling, requestTimeout: 10 }))).cause.code, "request_timeout");
  const error = await failure(client(t, server.url, { ...polling, timeout: 10 }));
  assert.deepEqual([error.message, error.cause.code], ["timeout", "timeout"]);
});

test("a WebSocket that is refused: no_websocket", limit, async (t) => {
  const server = await new Recorder({ refuseWebSocket: true }).start(t);
  const error = await failure(client(t, server.url, websocket));
  assert.deepEqual([error.message, error.type, error.cause.code], ["websocket error", "TransportError", "no_websocket"]);
});

async function overWebSocket(t, serve) {
  const server = createServer();
  new WebSocketServer({ server }).on("connection", serve);
  return client(t, await listening(t, server), websocket);
}

test("a WebSocket that closes at once: closed_early", limit, async (t) => {
  const error = await failure(await overWebSocket(t, (peer) => peer.close()));
  assert.deepEqual([error.message, error.cause.code], ["transport close", "closed_early"]);
});

test("a WebSocket that breaks: connection_lost", limit, async (t) => {
  const socket = await overWebSocket(t, (peer) => {
    peer.send(open);
    // RFC 6455 5.2: a reserved bit.
    peer.once("message", () => peer._socket.write(Buffer.from([0xf1, 0])));
  });
  const [reason, error] = await within(new Promise((done) => socket.io.on("close", (...args) => done(args))), "close");
  assert.deepEqual([reason, error.message, error.cause.code], ["transport error", "websocket error", "connection_lost"]);
});

test("a server of Socket.IO 2: the reference's sentence, engine_3", limit, async (t) => {
  const error = await failure(await overWebSocket(t, (peer) => [open, "40"].forEach((text) => peer.send(text))));
  assert.match(error.message, /^It seems you are trying to reach a Socket\.IO server in v2\.x with a v3\.x client/);
  assert.equal(error.cause.code, "engine_3");
});

test("every code has a sentence in the readable file, and a row in the README", () => {
  const [, table] = /const SENTENCES = \{([\s\S]*?)\n\};/.exec(readFileSync(join(root, "src/engine/cause.ts"), "utf8"));
  const sentences = [...table.matchAll(/^ {2}(\w+): "(.*)",$/gm)];
  assert.equal(sentences.length, 23);
  const script = readFileSync(join(root, "dist/socket.io.js"), "utf8");
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const [, code, sentence] of sentences) {
    assert.ok(script.includes(sentence), `${code} in socket.io.js`);
    assert.ok(readme.includes(`\`${code}\``), `${code} in the README`);
  }
});

/** What was thrown outside of all functions until `promise` is settled. */
async function uncaught(t, promise) {
  const seen = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => seen.push(error.message));
  try {
    await promise;
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
  return seen;
}

test("what a handler throws is reported and breaks nothing else", limit, async (t) => {
  const server = await new Recorder().start(t);
  const socket = client(t, server.url, { ...websocket, reconnection: true, reconnectionDelay: 1 });
  const other = socket.io.socket("/other");
  const thrower = (name) => () => {
    throw new Error(name);
  };
  const seen = [];
  socket.on("connect", thrower("connect"));
  socket.on("connect", () => seen.push("second listener"));
  socket.onAnyOutgoing(thrower("outgoing"));
  socket.on("disconnect", thrower("disconnect"));
  socket.io.on("reconnect_attempt", thrower("attempt"));
  other.on("disconnect", () => seen.push("other socket"));
  const errors = await uncaught(
    t,
    (async () => {
      await within(new Promise((done) => other.on("connect", done)), "connect of the other");
      socket.emit("e", thrower("ack"));
      await socket.emitWithAck("e");
      socket.timeout(60_000).emit("e", thrower("pending ack"));
      socket.io.engine.close();
      await within(new Promise((done) => socket.io.once("reconnect", done)), "reconnect");
    })(),
  );
  assert.deepEqual(
    errors.filter((name) => name !== "connect" && name !== "outgoing"),
    ["ack", "disconnect", "pending ack", "attempt"].filter((name) => errors.includes(name)),
  );
  for (const name of ["connect", "outgoing", "ack", "disconnect", "attempt"]) assert.ok(errors.includes(name), name);
  assert.ok(seen.includes("second listener") && seen.includes("other socket"), String(seen));
});

test("what the callback of `open` throws at the end of `timeout` leaves no connection behind", limit, async (t) => {
  const server = await new Recorder({ silent: true }).start(t);
  const manager = new Manager(server.url, { ...polling, timeout: 20, autoConnect: false });
  let engine;
  const thrown = new Promise((resolve) => {
    manager.open((error) => {
      resolve(error.cause.code);
      throw new Error("callback");
    });
    engine = manager.engine;
  });
  const errors = await uncaught(t, within(thrown, "the callback"));
  assert.deepEqual([await thrown, errors, engine.readyState], ["timeout", ["callback"], "closed"]);
});

test("connect_error is logged once when nobody listens, and not when somebody does", limit, async (t) => {
  const warnings = [];
  t.mock.method(console, "warn", (...args) => warnings.push(args));
  const url = `http://127.0.0.1:${await deadPort()}`;
  const options = { ...polling, reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1, reconnectionAttempts: 3 };
  const socket = client(t, url, options);
  await within(new Promise((done) => socket.io.once("reconnect_failed", done)), "reconnect_failed");
  assert.deepEqual(warnings.map(([what, error]) => [what, error.message]), [["connect_error", "xhr poll error"]]);
  const listening = client(t, url, polling);
  await failure(listening);
  assert.equal(warnings.length, 1);
});
