// The minified script in pages of Chromium that are left, sleep, come back and lose their network, against the npm
// package's server and against Sockeye; both keep sessions, and the back/forward cache is on.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Chromium, skip } from "./chromium.mjs";
import { Proxy } from "./proxy.mjs";
import { within } from "./recorder.mjs";
import { TestServer } from "./server.mjs";
import { noSockeye, sockeye } from "./sockeye.mjs";

const { io } = await import("../dist/node.mjs");
const limit = { timeout: 60_000 };
// A page that is not seen has no frames to look at it in.
const often = { polling: 20 };

const next = (emitter, event) => within(new Promise((done) => emitter.once(event, (...args) => done(args))), event);

/** The npm server, which numbers what it sends when asked to. */
async function npm() {
  const server = await new TestServer({ connectionStateRecovery: {} }).start();
  let n = 0;
  return {
    port: server.port,
    stop: () => server.stop(),
    namespace: "/",
    work: ["note"],
    /** Sends some numbers, and returns the first and the last. */
    async send() {
      const first = n;
      for (let i = 0; i < 5; i++) server.io.emit("tick", n++);
      return [first, n - 1];
    },
    /** The numbers that the page has sent. */
    async received(page) {
      await page.evaluate(() => socket.emitWithAck("echo"));
      return server.received.splice(0).map(([number]) => number);
    },
    /** Waits for the end of a connection, and returns its reason; calls `work` when it is listening. */
    async end(work) {
      server.disconnections.length = 0;
      const reason = server.control("disconnection");
      await work();
      return within(reason, "the connection's end");
    },
  };
}

/** Sockeye, which sends numbers all the time. */
async function ours() {
  const server = await sockeye(["--recovery", "true"]);
  const observer = io(`http://127.0.0.1:${server.port}/recovery`, { transports: ["websocket"] });
  const root = observer.io.socket("/");
  await Promise.all([next(observer, "tick"), root.emitWithAck("join", "watchers")]);
  return {
    port: server.port,
    stop: () => (observer.io.disconnect(), server.stop()),
    namespace: "/recovery",
    work: ["work", "page"],
    async send() {
      const [first] = await next(observer, "tick");
      for (let i = 0; i < 4; i++) await next(observer, "tick");
      return [first, ...(await next(observer, "tick"))];
    },
    received: (page) => page.evaluate(() => socket.emitWithAck("done", "page")),
    async end(work) {
      const left = next(root, "left");
      await work();
      const [{ reason }] = await left;
      return reason;
    },
  };
}

/** In a page: connects, and notes what happens in `log` and the server's numbers in `ticks`. */
async function follow(namespace, work, options) {
  globalThis.log = [];
  globalThis.ticks = [];
  globalThis.socket = io(namespace, { randomizationFactor: 0, ...options });
  // Of which Sockeye's server tells how it ended.
  globalThis.main = socket.io.socket("/");
  const note = (...words) => log.push(words.join(" "));
  let sent = 0;
  globalThis.say = () => void socket.emit(...work, sent++);
  for (const event of ["pagehide", "pageshow"]) {
    addEventListener(event, ({ persisted }) => {
      note(event, persisted);
      // The page's own listener comes after that of the script.
      say();
    });
  }
  socket.on("tick", (n) => ticks.push(n));
  socket.on("connect", () => note("connect", socket.recovered));
  socket.on("disconnect", (reason, details) => note("disconnect", reason, details?.description ?? ""));
  socket.io.on("reconnect_attempt", () => note("attempt"));
}

const hour = 3_600_000;
const patient = { reconnectionDelay: hour, reconnectionDelayMax: hour };

for (const [name, start, transports, why] of [
  ["the npm server", npm, ["websocket", "polling"], skip],
  ["Sockeye", ours, ["websocket", "polling", "streaming"], skip || noSockeye],
]) {
  if (why) console.log(`# Lives of pages in Chromium against ${name} are skipped: ${why}`);
  describe(`lives of pages against ${name}`, { skip: why }, () => {
    let chromium, server, elsewhere;

    before(async () => {
      const options = { ignoreDefaultArgs: ["--disable-back-forward-cache"] };
      [chromium, server, elsewhere] = await Promise.all([
        new Chromium().start(options),
        start(),
        // Only to have another page there.
        new Proxy(0).start(),
      ]);
    }, limit);
    after(() => Promise.all([chromium?.stop(), server?.stop(), elsewhere?.stop()]));

    async function open(t, options, fault = {}) {
      const proxy = await new Proxy(server.port).start();
      const { page, errors } = await chromium.open(`${proxy.url}/page?`);
      t.after(async () => {
        if (!page.isClosed()) await page.close();
        await proxy.stop();
        assert.deepEqual(errors, []);
      });
      proxy.fault = fault;
      await page.evaluate(follow, server.namespace, server.work, options);
      return { page, proxy, cdp: await page.createCDPSession() };
    }

    const connected = (page, count = 1) =>
      page.waitForFunction(
        (count) => main.connected && log.filter((line) => /^connect /.test(line)).length === count,
        often,
        count,
      );

    const leave = (page) => page.goto(`${elsewhere.url}/page?`);

    /** Asserts that the page has every number from its first to `last`, once and in order. */
    async function followed(page, first, last) {
      await page.waitForFunction((last) => ticks.includes(last), often, last);
      const ticks = await page.evaluate(() => ticks);
      assert.deepEqual(ticks, ticks.map((_, i) => ticks[0] + i));
      assert.ok(ticks[0] < first && first < last, `${first} to ${last}`);
    }

    /** Waits until the page has a number, after which it may come back. */
    async function begun(page) {
      await connected(page);
      const [, last] = await server.send();
      await page.waitForFunction((last) => ticks.includes(last), often, last);
    }

    const modes = [
      ...["websocket", "polling", "streaming"].map((name) => [name, { transports: [name] }, {}, name]),
      // The trial is never answered.
      ["polling whose trial is under way", { transports: ["polling", "websocket"] }, { buffer: true }, "polling"],
      ["what is best", {}, {}, "websocket"],
    ];
    for (const [mode, options, fault, transport] of modes.filter(([, , , name]) => transports.includes(name))) {
      test(`left and back, on ${mode}: nothing is lost, doubled or out of order`, limit, async (t) => {
        const { page } = await open(t, { ...patient, ...options }, fault);
        await begun(page);
        await page.waitForFunction((name) => socket.io.engine.transport.name === name, often, transport);
        assert.equal(await server.end(() => leave(page)), "transport close");
        const [first, last] = await server.send();
        await page.goBack();
        await connected(page, 2);
        assert.deepEqual(await page.evaluate(() => log), [
          "connect false",
          "pagehide true",
          "disconnect transport close the page was left",
          "attempt",
          "pageshow true",
          "connect true",
        ]);
        await followed(page, first, last);
        // From the listeners of `pagehide` and `pageshow`.
        assert.deepEqual(await server.received(page), [0, 1]);
      });
    }

    for (const transport of transports) {
      // As a browser without the cache does, and as it is with a window that is closed.
      test(`left for good, on ${transport}: the server is told`, limit, async (t) => {
        const { page, proxy } = await open(t, { transports: [transport] });
        await begun(page);
        assert.equal(await server.end(() => page.close()), "transport close");
        if (transport !== "websocket") assert.deepEqual(proxy.bodies.slice(-1), ["1"]);
      });
    }

    for (const transport of transports.slice(1)) {
      test(`the close packet outlives the page, on ${transport}`, limit, async (t) => {
        const { page } = await open(t, { transports: [transport] });
        await begun(page);
        const requests = await page.evaluate(() => {
          const requests = [];
          globalThis.fetch = async (uri, { body, keepalive }) => {
            requests.push([body, keepalive]);
            return new Response("ok");
          };
          dispatchEvent(new PageTransitionEvent("pagehide"));
          return requests;
        });
        assert.deepEqual(requests[0], ["1", true]);
      });
    }

    test("left while it connects, and back: it connects at once", limit, async (t) => {
      const { page, proxy } = await open(t, { ...patient, transports: ["polling"] }, { halfOpen: true });
      await page.evaluate(() => say());
      await leave(page);
      proxy.fault = {};
      await page.goBack();
      await connected(page);
      const expected = ["pagehide true", "attempt", "pageshow true", "connect false"];
      assert.deepEqual(await page.evaluate(() => log), expected);
      assert.deepEqual(await server.received(page), [0, 1, 2]);
    });

    test("left while it waits for the next attempt, and back: it connects at once", limit, async (t) => {
      const { page, proxy } = await open(t, { ...patient, transports: ["websocket"] });
      await begun(page);
      proxy.fault = { deaf: true };
      proxy.cut();
      await page.waitForFunction(() => log.length === 2, often);
      await leave(page);
      proxy.fault = {};
      await page.goBack();
      await connected(page, 2);
      const log = await page.evaluate(() => log);
      assert.match(log.splice(1, 1)[0], /^disconnect transport (close|error)/);
      assert.deepEqual(log, ["connect false", "pagehide true", "attempt", "pageshow true", "connect true"]);
    });

    /** The page's clock goes on without its timers, as in one that sleeps. */
    const sleep = (page) =>
      page.evaluate(() => {
        const { now } = Date;
        Date.now = () => now() + 60_000;
      });
    const wakeUps = {
      // Chromium may break the WebSocket of a frozen page, so that there is nothing to see before the clock goes on.
      async "that is resumed"(page, cdp, isAwake) {
        if (isAwake) return () => {};
        await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
        return () => cdp.send("Page.setWebLifecycleState", { state: "active" });
      },
      async "that becomes visible"(page) {
        const other = await chromium.browser.newPage();
        await other.bringToFront();
        await page.waitForFunction(() => document.visibilityState === "hidden", often);
        return async () => {
          await page.bringToFront();
          await other.close();
        };
      },
      "whose network comes back": () => (page) => page.evaluate(() => void dispatchEvent(new Event("online"))),
    };
    for (const [how, fallAsleep] of Object.entries(wakeUps)) {
      for (const transport of transports) {
        test(`a page ${how} asks the clock, on ${transport}`, limit, async (t) => {
          const { page, cdp } = await open(t, { reconnectionDelay: 1, transports: [transport] });
          await begun(page);
          await (await fallAsleep(page, cdp, true))(page);
          // Nothing has expired.
          await server.received(page);
          assert.deepEqual(await page.evaluate(() => log), ["connect false"]);
          const wakeUp = await fallAsleep(page, cdp);
          await sleep(page);
          await wakeUp(page);
          await connected(page, 2);
          const [first, last] = await server.send();
          await followed(page, first, last);
          const expected = ["connect false", "disconnect ping timeout ", "attempt", "connect true"];
          assert.deepEqual(await page.evaluate(() => log), expected);
        });
      }
    }

    test("offline where the server cannot be reached: closed; online: connected, before the delay is over", limit, async (t) => {
      const { page, proxy } = await open(t, { ...patient, transports: ["websocket"] });
      await begun(page);
      proxy.fault = { deaf: true };
      await page.evaluate(() => void dispatchEvent(new Event("offline")));
      await page.waitForFunction(() => log.length === 2, often);
      const [first, last] = await server.send();
      await page.evaluate(() => say());
      proxy.fault = {};
      await page.evaluate(() => void dispatchEvent(new Event("online")));
      await connected(page, 2);
      assert.deepEqual(await page.evaluate(() => log), [
        "connect false",
        "disconnect transport close network connection lost",
        "attempt",
        "connect true",
      ]);
      await followed(page, first, last);
      assert.deepEqual(await server.received(page), [0]);
    });

    for (const transport of transports) {
      test(`offline where the server can be reached closes nothing, on ${transport}`, limit, async (t) => {
        const { page } = await open(t, { transports: [transport] });
        await begun(page);
        const asked = await page.evaluate(async () => {
          const { fetch } = globalThis;
          const asked = new Promise((done) => {
            globalThis.fetch = async (uri, request) => {
              const answer = await fetch(uri, request);
              if (request.mode === "no-cors") done(new URL(uri).search);
              return answer;
            };
          });
          dispatchEvent(new Event("offline"));
          return asked;
        });
        // It names neither a transport nor the session.
        assert.match(asked, /^\?EIO=4&t=\w+$/);
        await server.received(page);
        assert.deepEqual(await page.evaluate(() => log), ["connect false"]);
      });
    }

    test("1,000 connections that ended in any way are called by no event of the page", limit, async (t) => {
      const { page, proxy } = await open(t, { transports: ["websocket"] });
      await begun(page);
      const called = await page.evaluate(async () => {
        const soon = { forceNew: true, reconnection: false };
        const websocket = { transports: ["websocket"] };
        const end = (work, options, url = "/") => ({ work, options, url });
        const wait = () => {};
        // Chromium delays the WebSockets of a page of which many failed.
        const ends = [
          end((socket) => socket.on("connect", () => socket.disconnect()), websocket),
          end((socket) => socket.on("connect", () => socket.io.engine.close()), websocket),
          end((socket) => socket.disconnect()),
          end(wait, {}, "http://127.0.0.1:1"),
          end(wait, { timeout: 0 }),
          end(wait, { transports: [] }),
          // Given up while it waits for the next attempt.
          end((socket) => socket.on("connect_error", () => queueMicrotask(() => socket.disconnect())), {
            reconnection: true,
            reconnectionDelay: 1e6,
            reconnectionDelayMax: 1e6,
          }, "http://127.0.0.1:1"),
        ];
        for (let i = 0; i < 1000; i += 50) {
          const ended = Array.from({ length: 50 }, (_, j) => {
            const { work, options, url } = ends[(i + j) % ends.length];
            const socket = io(url, { ...soon, ...options });
            const { engine } = socket.io;
            work(socket);
            return new Promise((done) => {
              socket.on("disconnect", done);
              socket.on("connect_error", done);
              if (engine.readyState === "closed") done();
            });
          });
          await Promise.all(ended);
        }
        // Each connection asks the clock, and each manager that waits opens one.
        let clocks = 0;
        let opened = 0;
        const { now } = Date;
        const { WebSocket, fetch } = globalThis;
        Date.now = () => (clocks++, now());
        globalThis.WebSocket = globalThis.fetch = () => void opened++;
        dispatchEvent(new Event("online"));
        Object.assign(globalThis, { WebSocket, fetch });
        Date.now = now;
        return [clocks, opened];
      });
      // The one that is open.
      assert.deepEqual(called, [1, 0]);
      assert.ok(proxy.connections > 250, `${proxy.connections} connections`);
    });
  });
}
