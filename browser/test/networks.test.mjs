// The minified script in Chromium, on networks that break, against the npm package's server and against Sockeye.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { Chromium, skip } from "./chromium.mjs";
import { Proxy } from "./proxy.mjs";
import { within } from "./recorder.mjs";
import { TestServer } from "./server.mjs";
import { noSockeye, sockeye } from "./sockeye.mjs";

const require = createRequire(import.meta.url);
const limit = { timeout: 60_000 };

async function ours(options) {
  return { ...(await sockeye(options)), echo: "ack one", binary: "blob ack" };
}

async function npm(options) {
  const server = await new TestServer(options).start();
  return { port: server.port, stop: () => server.stop(), echo: "echo", binary: "echo" };
}

const frequent = { pingInterval: 300, pingTimeout: 200 };

for (const [name, start, why] of [
  ["the npm server", (fast) => npm(fast ? frequent : {}), skip],
  ["Sockeye", (fast) => ours(fast ? ["--ping-interval", "300", "--ping-timeout", "200"] : []), skip || noSockeye],
]) {
  if (why) console.log(`# Networks in Chromium against ${name} are skipped: ${why}`);
  describe(`networks against ${name}`, { skip: why }, () => {
    let chromium, server, quick;

    before(async () => {
      [chromium, server, quick] = await Promise.all([new Chromium().start(), start(false), start(true)]);
    }, limit);
    after(() => Promise.all([chromium?.stop(), server?.stop(), quick?.stop()]));

    /** Runs `work` in a page whose network is `fault`; `t` sees that the page caught every exception. */
    async function inPage(t, fault, work, { target = server, script = "", ...values } = {}) {
      const proxy = await new Proxy(target.port).start();
      const { page, errors } = await chromium.open(`${proxy.url}/page?${script}`);
      t.after(async () => {
        await page.close();
        await proxy.stop();
      });
      proxy.fault = fault;
      await page.exposeFunction("setFault", (next) => void (proxy.fault = next));
      await page.exposeFunction("cutAll", () => proxy.cut());
      await page.evaluate(() => {
        globalThis.next = (emitter, event, ms = 15000) =>
          new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`no ${event} within ${ms} ms`)), ms);
            emitter.once(event, (...args) => (clearTimeout(timer), resolve(args)));
          });
      });
      const result = await page.evaluate(work, { echo: target.echo, binary: target.binary, ...values });
      assert.deepEqual(errors, []);
      return { result, proxy };
    }

    for (const [mode, options, transport] of [
      ["polling", { transports: ["polling"] }, "polling"],
      ["websocket", { transports: ["websocket"] }, "websocket"],
      ["upgrading", {}, "websocket"],
    ]) {
      test(`${mode}: events, acknowledgements and binary data, 40 ms each way`, limit, async (t) => {
        const { result } = await inPage(
          t,
          { delay: 40 },
          async ({ echo, binary, options, transport }) => {
            const socket = io({ forceNew: true, ...options });
            await next(socket, "connect");
            const { engine } = socket.io;
            if (engine.transport.name !== transport) await next(engine, "upgrade");
            const text = await socket.timeout(10000).emitWithAck(echo, "ä€😀");
            const bytes = await socket.timeout(10000).emitWithAck(binary, new Uint8Array([1, 2, 255]).buffer);
            socket.disconnect();
            return [text, bytes instanceof ArrayBuffer, [...new Uint8Array(bytes)], engine.transport.name];
          },
          { options, transport },
        );
        assert.deepEqual(result, ["ä€😀", true, [1, 2, 255], transport]);
      });
    }

    // From within the response's head to within the frames of the namespace.
    for (const transport of ["polling", "websocket"]) {
      test(`${transport} that is cut at each of many bytes connects in the end`, limit, async (t) => {
        const cuts = Array.from({ length: 24 }, (_, i) => 1 + i * 17);
        const { result, proxy } = await inPage(
          t,
          { cutAfter: [...cuts] },
          async ({ echo, transport }) => {
            const socket = io({ forceNew: true, transports: [transport], reconnectionDelay: 1, reconnectionDelayMax: 5 });
            const seen = new Set();
            socket.on("connect_error", (error) => seen.add(error.cause?.code));
            for (;;) {
              if (!socket.connected) await next(socket, "connect", 20000);
              try {
                return [await socket.timeout(1000).emitWithAck(echo, "whole"), [...seen]];
              } catch {}
            }
          },
          { transport },
        );
        assert.equal(result[0], "whole");
        const known = ["no_answer", "cut_off", "no_websocket", "closed_early", "connection_lost", "server_1", "empty"];
        assert.deepEqual(result[1].filter((code) => !known.includes(code)), []);
        assert.ok(proxy.connections > 5, `${proxy.connections} connections`);
      });
    }

    test("a proxy that keeps what a WebSocket's server sends leaves the connection on polling", limit, async (t) => {
      const { result } = await inPage(t, { buffer: true }, async ({ echo }) => {
        const socket = io({ forceNew: true });
        await next(socket, "connect");
        const answers = [];
        for (let i = 0; i < 5; i++) answers.push(await socket.timeout(10000).emitWithAck(echo, i));
        return [answers, socket.io.engine.transport.name];
      });
      assert.deepEqual(result, [[0, 1, 2, 3, 4], "polling"]);
    });

    test("a half-open connection is noticed, and the next one works", limit, async (t) => {
      for (const transport of ["websocket", "polling"]) {
        const { result } = await inPage(
          t,
          {},
          async ({ echo, transport }) => {
            const socket = io({ forceNew: true, transports: [transport], reconnectionDelay: 50 });
            await next(socket, "connect");
            await setFault({ halfOpen: true });
            const [reason] = await next(socket, "disconnect");
            const kept = socket.emitWithAck(echo, "kept");
            await setFault({});
            await cutAll();
            await next(socket, "connect");
            return [reason, await kept];
          },
          { target: quick, transport },
        );
        assert.deepEqual(result, ["ping timeout", "kept"], transport);
      }
    });

    test("a cut connection reconnects with a new id and sends what was kept", limit, async (t) => {
      const { result } = await inPage(t, {}, async ({ echo }) => {
        const socket = io({ forceNew: true, transports: ["websocket"], reconnectionDelay: 20 });
        await next(socket, "connect");
        const { id } = socket;
        const lost = next(socket, "disconnect");
        await cutAll();
        const [reason] = await lost;
        const kept = socket.emitWithAck(echo, "kept");
        return [reason, await kept, socket.id !== id, socket.recovered];
      });
      // Chromium reports an abrupt end as an error or as a close.
      assert.match(result[0], /^transport (close|error)$/);
      assert.deepEqual(result.slice(1), ["kept", true, false]);
    });

    test("10,000 sockets opened and closed leave nothing behind", limit, async (t) => {
      const { result } = await inPage(t, {}, async ({ echo }) => {
        const { Manager } = io;
        const counts = new Map();
        for (const name of ["addEventListener", "removeEventListener"]) {
          const original = globalThis[name];
          globalThis[name] = (...args) => (counts.set(name, (counts.get(name) ?? 0) + 1), original.apply(globalThis, args));
        }
        // Letters alone, as Sockeye's server of the tests has namespaces of such names.
        const namespace = (n) => "/rooms/" + [...String(n)].map((digit) => "abcdefghij"[digit]).join("");
        const manager = new Manager({ transports: ["websocket"] });
        const keep = manager.socket("/");
        await next(keep, "connect");
        const listeners = () => Object.values(manager._callbacks).flat().length;
        const before = listeners();
        for (let i = 0; i < 9800; i += 100) {
          const sockets = Array.from({ length: 100 }, (_, j) => manager.socket(namespace(i + j)));
          await Promise.all(sockets.map((socket) => next(socket, "connect")));
          for (const socket of sockets) socket.disconnect();
        }
        // An entry for each name stays, as in the reference: the same name gives the same socket. It holds nothing.
        const left = Object.values(manager.nsps).filter((socket) => socket !== keep);
        const names = left.length;
        const held = left.filter(({ subs, acks, _callbacks, sendBuffer, receiveBuffer, active }) => {
          const lists = [acks, _callbacks, sendBuffer, receiveBuffer].map((list) => Object.keys(list ?? {}).length);
          return subs || active || lists.some((length) => length);
        }).length;
        // And whole connections: nothing holds one that was closed.
        const opened = [];
        for (let i = 0; i < 200; i += 10) {
          const sockets = Array.from({ length: 10 }, () => io({ transports: ["websocket"], forceNew: true }));
          await Promise.all(sockets.map((socket) => next(socket, "connect")));
          for (const socket of sockets) {
            opened.push(new WeakRef(socket), new WeakRef(socket.io), new WeakRef(socket.io.engine));
            socket.disconnect();
          }
        }
        const answer = await keep.timeout(10000).emitWithAck(echo, "still here");
        let alive = 0;
        for (let i = 0; i < 20; i++) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          gc();
          alive = opened.filter((reference) => reference.deref()).length;
          // The last round can be held by the console of the driver.
          if (alive <= 30) break;
        }
        const added = counts.get("addEventListener") ?? 0;
        return [answer, listeners() - before, names, held, Object.keys(keep.acks), alive <= 30, added];
      });
      assert.deepEqual(result, ["still here", 0, 9800, 0, [], true, 0]);
    });

    test("XHR carries polling where fetch is missing", limit, async (t) => {
      const { result } = await inPage(t, {}, async ({ binary }) => {
        delete globalThis.fetch;
        globalThis.fetch = undefined;
        const socket = io({ forceNew: true, transports: ["polling"], extraHeaders: { "x-probe": "1" } });
        await next(socket, "connect");
        const bytes = await socket.emitWithAck(binary, new Uint8Array([7, 8]).buffer);
        const failed = io("http://127.0.0.1:1", { forceNew: true, transports: ["polling"], reconnection: false });
        const [error] = await next(failed, "connect_error");
        return [[...new Uint8Array(bytes)], error.message, error.context.status, error.cause.code];
      });
      assert.deepEqual(result, [[7, 8], "xhr poll error", 0, "no_answer"]);
    });
  });
}

describe("other servers in Chromium", { skip }, () => {
  let chromium;

  before(async () => {
    chromium = await new Chromium().start();
  }, limit);
  after(() => chromium?.stop());

  async function pageFor(t, port, script = "") {
    const proxy = await new Proxy(port).start();
    const { page } = await chromium.open(`${proxy.url}/page?${script}`);
    t.after(async () => {
      await page.close();
      await proxy.stop();
    });
    return page;
  }

  const failure = (page, address, options) =>
    page.evaluate(
      (address, options) =>
        new Promise((resolve) => {
          const socket = io(address, { forceNew: true, reconnection: false, ...options });
          socket.on("connect_error", ({ message, cause }) => resolve([message, cause.code]));
          socket.on("connect", () => resolve(["connected"]));
        }),
      address,
      options,
    );

  test("a server of Socket.IO 2 gives the reference's explanation", limit, async (t) => {
    const http = createServer();
    const io2 = require("socket.io-2")(http, { cookie: false });
    io2.on("connection", () => {});
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    t.after(() => io2.close());
    const page = await pageFor(t, http.address().port);
    const [message, code] = await failure(page, "/", { transports: ["websocket"] });
    assert.match(message, /^It seems you are trying to reach a Socket\.IO server in v2\.x with a v3\.x client/);
    assert.equal(code, "engine_3");
    assert.deepEqual(await failure(page, "/", { transports: ["polling"] }), ["server error", "engine_3"]);
  });

  test("an answer by way of another address: redirected, by fetch and by XHR", limit, async (t) => {
    const login = createServer((request, response) => {
      if (request.url.startsWith("/login")) response.end("<p>login</p>");
      else response.writeHead(302, { Location: "/login" }).end();
    });
    login.listen(0, "127.0.0.1");
    await once(login, "listening");
    t.after(() => (login.closeAllConnections(), login.close()));
    const page = await pageFor(t, login.address().port);
    const polling = { transports: ["polling"] };
    assert.deepEqual(await failure(page, "/", polling), ["server error", "redirected"]);
    await page.evaluate(() => (globalThis.fetch = undefined));
    assert.deepEqual(await failure(page, "/", polling), ["server error", "redirected"]);
  });

  test("a server that does not allow the origin: refused_origin, and no_answer where nobody is", limit, async (t) => {
    const server = await new TestServer({ cors: undefined }).start();
    t.after(() => server.stop());
    server.io.engine.opts.cors = undefined;
    const plain = createServer((_request, response) => response.writeHead(400).end());
    plain.listen(0, "127.0.0.1");
    await once(plain, "listening");
    t.after(() => plain.close());
    const page = await pageFor(t, server.port);
    const address = `http://127.0.0.1:${plain.address().port}`;
    assert.deepEqual(await failure(page, address, { transports: ["polling"] }), ["xhr poll error", "refused_origin"]);
    assert.deepEqual(await failure(page, "http://127.0.0.1:1", { transports: ["polling"] }), ["xhr poll error", "no_answer"]);
  });

  test("the bundle that speaks MessagePack", limit, async (t) => {
    const server = await new TestServer({ parser: require("socket.io-msgpack-parser") }).start();
    t.after(() => server.stop());
    const page = await pageFor(t, server.port, "socket.io.msgpack.min.js");
    const result = await page.evaluate(async () => {
      const results = [];
      for (const transports of [["websocket"], ["polling"]]) {
        const socket = io({ forceNew: true, transports });
        const values = ["ä€", -70000, 2 ** 40, 1.5, null, { a: [true, { b: "x".repeat(300) }] }];
        const back = await new Promise((resolve) => socket.emit("echo", ...values, (...args) => resolve(args)));
        const bytes = await socket.emitWithAck("echo", new Uint8Array([1, 2, 3]));
        results.push(JSON.stringify(back) === JSON.stringify(values), [...new Uint8Array(bytes)]);
        socket.disconnect();
      }
      return results;
    });
    assert.deepEqual(result, [true, [1, 2, 3], true, [1, 2, 3]]);
  });
});
