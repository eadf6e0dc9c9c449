// The Node.js build: what only Node.js can do, against servers that look at it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { createServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocketServer } from "ws";
import { compiled, root } from "./compiled.mjs";
import { Recorder, within } from "./recorder.mjs";
import { TestServer } from "./server.mjs";

const { io, NodeXHR, NodeWebSocket } = await import("../dist/node.mjs");
const limit = { timeout: 30_000 };
const polling = { transports: ["polling"] };
const websocket = { transports: ["websocket"] };
let folder, key, cert;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "sockeye-tls-"));
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files], {
    stdio: "ignore",
  });
  const pfx = ["-export", "-passout", "pass:secret", "-inkey", files[1], "-in", files[3], "-out", join(folder, "both.pfx")];
  execFileSync("openssl", ["pkcs12", ...pfx]);
  key = readFileSync(join(folder, "key.pem"), "utf8");
  cert = readFileSync(join(folder, "cert.pem"), "utf8");
});
after(() => rmSync(folder, { recursive: true }));

function client(t, url, options) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  t.after(() => (socket.disconnect(), socket.io.disconnect()));
  return socket;
}

const outcome = (socket) =>
  within(
    new Promise((done) => {
      socket.once("connect", () => done("connected"));
      socket.once("connect_error", done);
    }),
    "an outcome",
  );

async function secure(t, options) {
  const server = await new Recorder().start(t, (listener) => createServer({ key, cert, ...options }, listener));
  return `https://127.0.0.1:${server.port}`;
}

test("certificates: ca, rejectUnauthorized", limit, async (t) => {
  const url = await secure(t);
  for (const transports of [polling, websocket]) {
    const refused = await outcome(client(t, url, transports));
    assert.match(refused.message, /^(xhr poll|websocket) error$/);
    const reason = refused.context?.error ?? refused.description;
    assert.equal(reason.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
    assert.equal(await outcome(client(t, url, { ...transports, ca: cert })), "connected");
    assert.equal(await outcome(client(t, url, { ...transports, rejectUnauthorized: false })), "connected");
  }
});

test("sockeye-client/debug and sockeye-client/slim know certificates too", limit, async (t) => {
  const url = await secure(t);
  const { io: debug } = await import("sockeye-client/debug");
  const { io: slim, Fetch, WebSocket } = await import("sockeye-client/slim");
  for (const [io, transports] of [
    [debug, ["polling"]],
    [debug, ["websocket"]],
    [slim, [Fetch]],
    [slim, [WebSocket]],
  ]) {
    const socket = io(url, { forceNew: true, reconnection: false, transports, ca: cert });
    t.after(() => socket.io._close());
    assert.equal(await outcome(socket), "connected");
  }
});

test("certificates of the client: key and cert, pfx and passphrase", limit, async (t) => {
  const url = await secure(t, { requestCert: true, ca: cert });
  const pfx = readFileSync(join(folder, "both.pfx"));
  for (const transports of [polling, websocket]) {
    const own = { ...transports, ca: cert };
    assert.notEqual(await outcome(client(t, url, own)), "connected");
    assert.equal(await outcome(client(t, url, { ...own, key, cert })), "connected");
    assert.equal(await outcome(client(t, url, { ...own, pfx, passphrase: "secret" })), "connected");
  }
});

test("ciphers", limit, async (t) => {
  const url = await secure(t, { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-GCM-SHA384" });
  const options = { ...websocket, ca: cert };
  assert.equal(await outcome(client(t, url, { ...options, ciphers: "ECDHE-RSA-AES256-GCM-SHA384" })), "connected");
  const error = await outcome(client(t, url, { ...options, ciphers: "ECDHE-RSA-AES128-GCM-SHA256" }));
  assert.equal(error.message, "websocket error");
});

test("agent", limit, async (t) => {
  const server = await new Recorder().start(t);
  for (const transports of [polling, websocket]) {
    const agent = new Agent();
    const used = t.mock.method(agent, "createConnection");
    assert.equal(await outcome(client(t, server.url, { ...transports, agent })), "connected");
    assert.ok(used.mock.callCount() > 0, transports.transports[0]);
  }
});

test("extraHeaders reach WebSockets as well", limit, async (t) => {
  const server = await new Recorder().start(t);
  await outcome(client(t, server.url, { ...websocket, extraHeaders: { "X-A": "1" } }));
  assert.equal((await server.request()).headers["x-a"], "1");
});

test("cookies are kept with withCredentials, over both transports", limit, async (t) => {
  const server = await new Recorder({ headers: ["Set-Cookie", ["lb=a=1; Path=/; HttpOnly", "old=x; Max-Age=0"]] }).start(t);
  const socket = client(t, server.url, { withCredentials: true });
  await outcome(socket);
  const upgraded = await server.request(({ method }) => method === "WS");
  assert.equal(upgraded.headers.cookie, "lb=a=1");
  assert.equal((await server.request(({ url }) => url.includes("sid="))).headers.cookie, "lb=a=1");
  const without = await new Recorder({ headers: ["Set-Cookie", "lb=a"] }).start(t);
  await outcome(client(t, without.url, {}));
  await without.request(({ method }) => method === "WS");
  assert.deepEqual(without.requests.map(({ headers }) => headers.cookie).filter(Boolean), []);
});

test("autoUnref lets the process end", limit, async (t) => {
  const server = await new Recorder().start(t);
  const script = `
    const { io } = require(${JSON.stringify(join(root, "dist/node.js"))});
    const socket = io(${JSON.stringify(server.url)}, { autoUnref: true });
    const keep = setInterval(() => {}, 1000);
    socket.on("connect", () => { console.log("connected"); setTimeout(() => clearInterval(keep), 200); });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const [output] = await within(once(child.stdout, "data"), "the connection");
  assert.equal(String(output).trim(), "connected");
  assert.deepEqual(await within(once(child, "exit"), "the end of the process"), [0, null]);
});

test("the transports by name and by class, with binary data, against the npm server", limit, async (t) => {
  const server = await new TestServer().start();
  t.after(() => server.stop());
  for (const transports of [["polling"], ["websocket"], [NodeXHR], [NodeWebSocket], undefined]) {
    const socket = client(t, `http://127.0.0.1:${server.port}`, { transports });
    const large = Buffer.alloc(200_000, 7);
    assert.deepEqual(Buffer.from(await socket.timeout(5000).emitWithAck("echo", large)), large);
    assert.equal(await socket.timeout(5000).emitWithAck("echo", "ä".repeat(70_000)), "ä".repeat(70_000));
    socket.disconnect();
  }
});

test("a server that is no WebSocket server", limit, async (t) => {
  for (const [answer, expected] of [
    ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", /Unexpected server response: 400/],
    ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n", /Sec-WebSocket-Accept/],
  ]) {
    const server = createTcpServer((stream) => stream.on("error", () => {}).once("data", () => stream.write(answer)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const error = await outcome(client(t, `http://127.0.0.1:${server.address().port}`, websocket));
    assert.deepEqual([error.message, error.cause.code], ["websocket error", "no_websocket"]);
    assert.match(error.description.message, expected);
  }
});

const { FrameReader, frame } = await compiled("node/frames.ts");

test("frames in pieces of any size are the same messages", () => {
  const bytes = Buffer.concat([
    Buffer.from([0x81, 2, 104, 105]),
    Buffer.from([0x01, 1, 97]),
    Buffer.from([0x89, 1, 33]),
    Buffer.from([0x80, 1, 98]),
    Buffer.from([0x82, 126, 1, 0]),
    Buffer.alloc(256, 5),
    Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    Buffer.alloc(65536, 6),
  ]);
  const expected = [[1, "hi"], [9, "!"], [1, "ab"], [2, 256], [2, 65536]];
  for (const size of [1, 2, 3, 7, 100, 70_000]) {
    const reader = new FrameReader();
    const seen = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const { opcode, data } of reader.read(bytes.subarray(at, at + size))) {
        seen.push([opcode, opcode === 2 ? data.length : String(data)]);
      }
    }
    assert.deepEqual(seen, expected, `pieces of ${size}`);
  }
});

test("frames that no server may send", () => {
  for (const [bytes, reason] of [
    [[0x81, 0x81], /masked/],
    [[0xc1, 0], /reserved bit/],
    [[0x83, 0], /unknown opcode/],
    [[0x89, 126, 0, 126], /control frame/],
    [[0x09, 0], /control frame/],
    [[0x80, 0], /out of order/],
    [[0x01, 0, 0x01, 0], /out of order/],
    [[0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], /too long/],
  ]) {
    assert.throws(() => [...new FrameReader().read(Buffer.from(bytes))], reason);
  }
});

test("a frame of the client is masked", () => {
  const mask = Uint8Array.of(1, 2, 3, 4);
  assert.deepEqual([...frame(1, Buffer.from("abcde"), mask)], [0x81, 0x85, 1, 2, 3, 4, 96, 96, 96, 96, 100]);
  assert.deepEqual([...frame(2, Buffer.alloc(126), mask).subarray(0, 4)], [0x82, 254, 0, 126]);
  assert.deepEqual([...frame(2, Buffer.alloc(65536), mask).subarray(0, 10)], [0x82, 255, 0, 0, 0, 0, 0, 1, 0, 0]);
});
