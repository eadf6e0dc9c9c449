// What waits for a connection is bounded, and what the manager tells of its transports: in the sources and minified.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { compiled } from "./compiled.mjs";
import { Recorder, within } from "./recorder.mjs";
import { deadPort, TestServer } from "./server.mjs";

const builds = {
  sources: await compiled("index.ts"),
  "the minified module": await import("../dist/socket.io.esm.min.js"),
};
const limit = { timeout: 20_000 };
const full = { message: "too much waits for the connection", code: "buffer_full" };
const answer = (emitter, event) => within(new Promise((done) => emitter.once(event, (...args) => done(args))), event);
// `2["e",""]` without the quotes' content: what an event named `e` has around its text.
const AROUND = 9;
const text = (size) => "x".repeat(size - AROUND);

for (const [build, { io, Manager }] of Object.entries(builds)) {
  describe(`what waits: ${build}`, () => {
    let server;

    before(async () => {
      server = await new TestServer({}).start();
    });
    after(() => server.stop());

    function client(t, options) {
      const url = `http://127.0.0.1:${server.port}`;
      const socket = io(url, { forceNew: true, autoConnect: false, transports: ["polling"], ...options });
      t.after(() => (socket.disconnect(), socket.io.disconnect()));
      return socket;
    }

    /** Asserts that exactly `size` bytes still have room. */
    function assertRoom(socket, size) {
      assert.throws(() => socket.emit("e", text(size + 1)), full);
      socket.emit("e", text(size));
    }

    test("the bound is exact, and of what does not fit nothing stays", (t) => {
      const socket = client(t, { maxBufferSize: 100 });
      socket.emit("e", text(40), () => {});
      assert.throws(() => socket.emit("e", text(61), () => {}), full);
      assert.deepEqual([socket.sendBuffer.length, Object.keys(socket.acks)], [1, ["0"]]);
      socket.emit("e", text(60));
      assert.throws(() => socket.emit("e"), full);
      assert.equal(socket.sendBuffer.length, 2);
    });

    test("the bound is 10,000,000 where nothing is said, and 0 keeps nothing", (t) => {
      assertRoom(client(t), 1e7);
      assert.throws(() => client(t, { maxBufferSize: 0 }).emit("e"), full);
    });

    test("emitWithAck fails with it; the flags of the event are not those of the next", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 20 });
      await assert.rejects(socket.timeout(1).emitWithAck("e", text(21)), full);
      const calls = [];
      socket.emit("e", (...args) => calls.push(args));
      assert.deepEqual(Object.keys(socket.acks).length, 1);
      assert.equal(socket.acks[Object.keys(socket.acks)[0]].withError, undefined);
    });

    test("a volatile event does not wait, and needs no room", (t) => {
      const socket = client(t, { maxBufferSize: 10 });
      socket.volatile.emit("e", text(1000));
      assert.deepEqual(socket.sendBuffer, []);
      assertRoom(socket, 10);
    });

    for (const [name, data, bytes] of [
      ["an ArrayBuffer", new ArrayBuffer(1000), 1000],
      ["a typed array", new Float64Array(1000), 8000],
      ["a view", new DataView(new ArrayBuffer(100), 10, 50), 50],
      ["a Buffer", Buffer.alloc(300), 300],
      ["a Blob", new Blob(["x".repeat(700)]), 700],
    ]) {
      test(`${name} counts by its bytes`, (t) => {
        const head = `51-["e",{"_placeholder":true,"num":0}]`.length;
        const socket = client(t, { maxBufferSize: head + bytes });
        socket.emit("e", data);
        assert.throws(() => socket.emit(""), full);
        const small = client(t, { maxBufferSize: head + bytes - 1 });
        assert.throws(() => small.emit("e", data), full);
      });
    }

    test("what a connection has taken makes room", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 100 });
      socket.emit("note", text(90));
      socket.connect();
      await answer(socket, "connect");
      socket.disconnect();
      assertRoom(socket, 100);
      server.received.length = 0;
    });

    test("what was sent before a listener ended the connection makes room, what was not stays", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 100 });
      for (let i = 0; i < 3; i++) socket.emit("e", text(30));
      socket.onAnyOutgoing(() => socket.disconnect());
      socket.connect();
      await answer(socket, "disconnect");
      assert.equal(socket.sendBuffer.length, 2);
      assertRoom(socket, 40);
    });

    test("what is given up makes room", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 100 });
      socket.emit("e", text(20));
      await assert.rejects(socket.timeout(1).emitWithAck("e", text(50)), { message: "operation has timed out" });
      assert.equal(socket.sendBuffer.length, 1);
      assertRoom(socket, 80);
    });

    test("a buffer that the application has emptied has room", (t) => {
      const socket = client(t, { maxBufferSize: 100 });
      socket.emit("e", text(100));
      socket.sendBuffer = [];
      assertRoom(socket, 100);
      socket.sendBuffer.length = 0;
      assertRoom(socket, 100);
    });

    test("retries: what is queued counts until it is acknowledged, and not twice", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 100, retries: 1 });
      const all = [socket.emitWithAck("echo", "a".repeat(20)), socket.emitWithAck("echo", "b".repeat(20))];
      assertRoom(socket, 100 - 2 * `2["echo",""]`.length - 2 * 20);
      socket._queue.pop();
      socket.connect();
      assert.deepEqual(await Promise.all(all), ["a".repeat(20), "b".repeat(20)]);
      socket.disconnect();
      assertRoom(socket, 100);
    });

    test("retries: what was acknowledged makes room while another waits", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 100, retries: 1 });
      const first = socket.emitWithAck("echo", "a".repeat(20));
      socket.emit("silent", "b".repeat(20));
      socket.connect();
      await first;
      socket.disconnect();
      assert.equal(socket._queue.length, 1);
      assertRoom(socket, 100 - `2["silent",""]`.length - 20);
    });

    test("retries: an event of a connection that has gone silent waits, without being counted twice", limit, async (t) => {
      const socket = client(t, { maxBufferSize: 60, retries: 3 }).connect();
      await answer(socket, "connect");
      const { now } = Date;
      t.mock.method(Date, "now", () => now() + 3_600_000);
      const sent = [];
      socket.onAnyOutgoing((_, word) => sent.push(word));
      const lost = answer(socket, "disconnect");
      const asked = socket.emitWithAck("echo", "x".repeat(40));
      assert.deepEqual([sent, socket.sendBuffer], [[], []]);
      assert.equal((await lost)[0], "ping timeout");
      assert.equal(await asked, "x".repeat(40));
      assert.equal(sent.length, 1);
    });
  });

  describe(`the manager's transports: ${build}`, () => {
    const brief = ({ transports }) => transports.map(({ from, to, reason }) => [from, to, reason]);

    async function start(t, changes, options) {
      const { url } = await new Recorder(changes).start(t);
      const manager = new Manager(url, { reconnectionDelay: 1, randomizationFactor: 0, ...options });
      t.after(() => manager.disconnect());
      return manager;
    }

    test("opened, upgraded and ended, with the time of each", limit, async (t) => {
      const began = Date.now();
      const manager = await start(t, {}, { transports: ["polling", "websocket"], reconnection: false });
      await answer(manager.engine, "upgrade");
      manager.engine.close();
      assert.deepEqual(brief(manager), [
        [undefined, "polling", "open"],
        ["polling", "websocket", "upgrade"],
        ["websocket", undefined, "forced close"],
      ]);
      const times = manager.transports.map(({ at }) => at);
      assert.deepEqual(times, times.toSorted());
      assert.ok(times[0] >= began && times[2] <= Date.now());
    });

    test("an attempt that failed, from what was tried to what is used", limit, async (t) => {
      const manager = await start(t, { refuseWebSocket: true }, { transports: ["polling", "websocket"] });
      await answer(manager.engine, "upgradeError");
      assert.deepEqual(brief(manager), [
        [undefined, "polling", "open"],
        ["websocket", "polling", "probe error: Error: websocket error"],
      ]);
    });

    test("a connection that never was is not among them", limit, async (t) => {
      const manager = new Manager(`http://127.0.0.1:${await deadPort()}`, { reconnection: false });
      t.after(() => manager.disconnect());
      await answer(manager, "error");
      assert.deepEqual(manager.transports, []);
      manager.open().disconnect();
      assert.deepEqual(manager.transports, []);
    });

    test("never more than 20, the newest last", limit, async (t) => {
      const manager = await start(t, {}, { transports: ["websocket"] });
      for (let i = 0; i < 15; i++) {
        if (manager._readyState !== "open") await answer(manager, "open");
        assert.equal(manager.transports.length, Math.min(2 * i + 1, 20));
        assert.equal(manager.transports.at(-1).reason, "open");
        manager.engine.close();
      }
      assert.equal(manager.transports.length, 20);
      assert.deepEqual(brief(manager).slice(-2), [
        [undefined, "websocket", "open"],
        ["websocket", undefined, "forced close"],
      ]);
    });
  });
}
