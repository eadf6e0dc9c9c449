// The built bundle on streaming, against a server that is written out byte by byte.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { within } from "./recorder.mjs";

const { io } = await import("../dist/socket.io.esm.min.js");

const limit = { timeout: 30_000 };
const handshake = { sid: "s1", upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 };
const open = "0" + JSON.stringify(handshake);
const streaming = { transports: ["streaming"] };
const trial = { transports: ["polling", "streaming"] };

/** One packet as a frame: text, or the bytes of a binary message. */
function frame(packet) {
  const payload = Buffer.from(packet);
  const kind = typeof packet === "string" ? 0 : 128;
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(kind | length), payload]);
  const header = Buffer.alloc(length < 65536 ? 3 : 9);
  header[0] = kind | (length < 65536 ? 126 : 127);
  if (length < 65536) header.writeUInt16BE(length, 1);
  else header.writeBigUInt64BE(BigInt(length), 1);
  return Buffer.concat([header, payload]);
}

/** A server whose requests a test answers one by one, and its client. */
async function scene(t, options) {
  const requests = [];
  let wake = () => {};
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const query = new URL(request.url, "http://localhost").searchParams;
    const line = [request.method, query.get("transport"), query.get("sid") ?? "new", body].join(" ").trimEnd();
    const packets = (...list) => response.write(Buffer.concat(list.map(frame)));
    requests.push({ line, response, packets, ok: () => response.end("ok"), closed: once(response, "close") });
    wake();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = io(`http://127.0.0.1:${server.address().port}`, { forceNew: true, reconnection: false, ...options });
  t.after(() => {
    socket.disconnect();
    socket.io.disconnect();
    server.closeAllConnections();
    server.close();
  });
  const find = async (line) => {
    for (;;) {
      const index = requests.findIndex((request) => request.line === line);
      if (index >= 0) return requests.splice(index, 1)[0];
      await new Promise((resolve) => (wake = resolve));
    }
  };
  /** The request of this method, transport, session and body. */
  const next = (line) => within(find(line), line);
  /** Fails if there is a request that was not asked for. */
  const idle = () => assert.deepEqual(requests.map(({ line }) => line), []);
  return { socket, next, idle };
}

/** A socket connected on streaming, its GET under way. */
async function connected(t, options) {
  const all = await scene(t, { ...streaming, ...options });
  const get = await all.next("GET streaming new");
  get.packets(open);
  const post = await all.next("POST streaming s1 40");
  post.ok();
  get.packets('40{"sid":"n1"}');
  await within(once(all.socket, "connect"), "connect");
  return { ...all, get };
}

/** A session on polling that tries streaming, the GET of the trial under way. */
async function tried(t, options) {
  const all = await scene(t, { ...trial, ...options });
  (await all.next("GET polling new")).response.end(open);
  const { engine } = all.socket.io;
  const upgraded = new Promise((resolve) => engine.once("upgrade", resolve));
  const failed = new Promise((resolve) => engine.once("upgradeError", resolve));
  const [connect, poll, get] = [await all.next("POST polling s1 40"), await all.next("GET polling s1"), await all.next("GET streaming s1")];
  connect.ok();
  const connects = once(all.socket, "connect");
  poll.response.end('40{"sid":"n1"}');
  await within(connects, "connect");
  return { ...all, engine, get, poll: await all.next("GET polling s1"), upgraded, failed };
}

test("packets of every size, in pieces of every size", limit, async (t) => {
  const { socket, get } = await connected(t);
  const long = ["", "é".repeat(60), "x".repeat(300), "y".repeat(70_000)];
  const bytes = Buffer.concat([
    ...long.map((text) => frame("42" + JSON.stringify(["text", text]))),
    frame('451-["bytes",{"_placeholder":true,"num":0}]'),
    frame(Buffer.of(0, 127, 128, 255)),
    frame('42["end"]'),
  ]);
  const seen = [];
  socket.on("text", (text) => seen.push(text));
  socket.on("bytes", (data) => seen.push([...new Uint8Array(data)]));
  for (const size of [1, 2, 7, 4096, bytes.length]) {
    seen.length = 0;
    const end = once(socket, "end");
    // One byte at a time as far as headers and the short packets go: the long one takes too long.
    for (let at = 0; at < bytes.length; ) {
      const piece = at > 600 && at < bytes.length - 60 ? Math.max(size, 4096) : size;
      get.response.write(bytes.subarray(at, (at += piece)));
      await new Promise(setImmediate);
    }
    await within(end, `pieces of ${size}`);
    assert.deepEqual(seen, [...long, [0, 127, 128, 255]]);
  }
});

test("what the client sends goes by POST, one at a time, binary data as text", limit, async (t) => {
  const { socket, next, idle } = await connected(t);
  socket.emit("one", 1);
  const first = await next('POST streaming s1 42["one",1]');
  socket.emit("two", new Uint8Array([1, 2, 3]));
  socket.emit("three");
  await new Promise(setImmediate);
  idle();
  first.ok();
  await next('POST streaming s1 451-["two",{"_placeholder":true,"num":0}]\x1ebAQID\x1e42["three"]');
});

test("a response that the server ends with a noop is followed by the next, and a POST under way is not disturbed", limit, async (t) => {
  const { socket, next, get } = await connected(t);
  const seen = [];
  const third = new Promise((resolve) => socket.on("n", (n) => seen.push(n) === 3 && resolve()));
  socket.emit("up");
  const post = await next('POST streaming s1 42["up"]');
  get.packets('42["n",1]', "6");
  get.response.end();
  const second = await next("GET streaming s1");
  second.packets('42["n",2]');
  second.packets('42["n",3]');
  await within(third, "three events");
  post.ok();
  socket.emit("after");
  (await next('POST streaming s1 42["after"]')).ok();
  assert.deepEqual([seen, socket.connected], [[1, 2, 3], true]);
});

test("heartbeats are answered by POST", limit, async (t) => {
  const { next, get } = await connected(t);
  get.packets("2");
  (await next("POST streaming s1 3")).ok();
});

const end = async (socket) => within(new Promise((resolve) => socket.once("disconnect", (...all) => resolve(all))), "disconnect");

for (const [what, cut] of [
  ["ends without a noop", (get) => get.response.end()],
  ["is cut off", (get) => get.response.destroy()],
  ["is cut off within a packet", (get) => get.response.write(frame("42[]").subarray(0, 2), () => get.response.destroy())],
]) {
  test(`a response that ${what} ends the connection`, limit, async (t) => {
    const { socket, get } = await connected(t);
    const ended = end(socket);
    cut(get);
    const [reason, error] = await ended;
    assert.deepEqual([reason, error.message, error.type, error.cause.code], ["transport error", "stream error", "TransportError", "cut_off"]);
    assert.equal(socket.io.transports.at(-1).reason, "transport error");
  });
}

test("a close packet ends it as the server's will", limit, async (t) => {
  const { socket, get } = await connected(t);
  const ended = end(socket);
  get.packets("1");
  assert.deepEqual(await ended, ["transport close", { description: "transport closed by the server" }]);
});

test("a lost POST ends the connection with what came back", limit, async (t) => {
  const { socket, next } = await connected(t);
  const ended = end(socket);
  socket.emit("up");
  (await next('POST streaming s1 42["up"]')).response.writeHead(502).end("<html>");
  const [reason, error] = await ended;
  assert.deepEqual([reason, error.message, error.description, error.cause.code], ["transport error", "xhr post error", 502, "status"]);
});

test("closing sends a close packet, and lets go of the response when it has arrived", limit, async (t) => {
  const { socket, next, get } = await connected(t);
  socket.disconnect();
  const post = await next("POST streaming s1 41");
  post.ok();
  (await next("POST streaming s1 1")).ok();
  await within(get.closed, "the end of the GET");
});

test("something else instead of frames", limit, async (t) => {
  const { socket, next } = await scene(t, streaming);
  const failed = once(socket, "connect_error");
  (await next("GET streaming new")).response.end("<!DOCTYPE html><title>Welcome</title> and so on, for as long as a frame can be");
  const [error] = await within(failed, "connect_error");
  assert.deepEqual([error.message, error.code], ["server error", "parser error"]);
});

test("a trial: probe and hand-over by POST, the answer on the stream, nothing overtakes", limit, async (t) => {
  const { socket, next, idle, engine, get, poll, upgraded } = await tried(t);
  get.response.flushHeaders();
  const probe = await next("POST streaming s1 2probe");
  const chosen = once(engine, "upgrading");
  get.packets("3probe");
  await within(chosen, "upgrading");
  // The GET of polling returns, and with it the last packets of polling.
  const event = once(socket, "last");
  poll.response.end('42["last"]');
  await within(event, "last");
  socket.emit("waits");
  // The answer to `2probe` is on its way: neither `5` nor what waits may arrive before it has.
  await new Promise((resolve) => setTimeout(resolve, 50));
  idle();
  assert.equal(engine.transport.name, "polling");
  probe.ok();
  const upgrade = await next("POST streaming s1 5");
  assert.equal((await upgraded).name, "streaming");
  await new Promise(setImmediate);
  idle();
  upgrade.ok();
  (await next('POST streaming s1 42["waits"]')).ok();
  const news = once(socket, "news");
  get.packets('42["news"]');
  await within(news, "news");
  const { from, to, reason } = socket.io.transports.at(-1);
  assert.deepEqual([from, to, reason], ["polling", "streaming", "upgrade"]);
});

test("a server that does not know it: polling goes on", limit, async (t) => {
  const { socket, next, engine, get, poll, failed } = await tried(t);
  get.response.writeHead(400).end('{"code":0,"message":"Transport unknown"}');
  const error = await within(failed, "upgradeError");
  assert.deepEqual([error.transport, error.message], ["streaming", "probe error: Error: stream error"]);
  const event = once(socket, "on");
  poll.response.end('42["on"]');
  await within(event, "on");
  await next("GET polling s1");
  assert.equal(engine.transport.name, "polling");
  const { from, to, reason } = socket.io.transports.at(-1);
  assert.deepEqual([from, to, reason], ["streaming", "polling", "probe error: Error: stream error"]);
});

for (const [what, answer] of [
  ["the response", () => {}],
  ["the first packet", ({ response }) => response.flushHeaders()],
]) {
  test(`a proxy that keeps ${what} back is not waited for`, limit, async (t) => {
    // The time that a trial has passes at once.
    const original = globalThis.setTimeout;
    const times = [];
    t.mock.method(globalThis, "setTimeout", (callback, delay, ...rest) => {
      if (delay === 3000) times.push(callback);
      return original(callback, delay, ...rest);
    });
    const { next, engine, get, failed } = await tried(t);
    answer(get);
    if (what === "the first packet") (await next("POST streaming s1 2probe")).ok();
    times[0]();
    await within(failed, "upgradeError");
    await within(get.closed, "the end of the GET");
    assert.equal(engine.transport.name, "polling");
  });
}

test("a trial that answers something else is given up", limit, async (t) => {
  const { next, engine, get, failed } = await tried(t);
  get.response.flushHeaders();
  (await next("POST streaming s1 2probe")).ok();
  get.packets("3prove");
  assert.equal((await within(failed, "upgradeError")).message, "probe error");
  await within(get.closed, "the end of the GET");
  assert.equal(engine.transport.name, "polling");
});

test("the time for the first packet does not count for what follows it", limit, async (t) => {
  const waits = new Set();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  t.mock.method(globalThis, "setTimeout", (callback, delay, ...rest) => {
    const timer = set(callback, delay, ...rest);
    // The HTTP client of Node.js has such a timer too.
    if (delay === 3000 && !new Error().stack.includes("undici")) waits.add(timer);
    return timer;
  });
  t.mock.method(globalThis, "clearTimeout", (timer) => {
    waits.delete(timer);
    clear(timer);
  });
  const { next, get } = await connected(t);
  assert.equal(waits.size, 0);
  get.packets("6");
  get.response.end();
  await next("GET streaming s1");
  assert.equal(waits.size, 0);
});

test("it is tried only where the server offers something better than polling", limit, async (t) => {
  const { next, idle } = await scene(t, trial);
  (await next("GET polling new")).response.end("0" + JSON.stringify({ ...handshake, upgrades: [] }));
  await next("POST polling s1 40");
  await next("GET polling s1");
  await new Promise(setImmediate);
  idle();
});

test("with tryAllTransports a session begins on it where polling is refused", limit, async (t) => {
  const { socket, next } = await scene(t, { ...trial, tryAllTransports: true });
  (await next("GET polling new")).response.writeHead(403).end();
  (await next("GET streaming new")).packets(open);
  await next("POST streaming s1 40");
  assert.equal(socket.io.engine.transport.name, "streaming");
});
