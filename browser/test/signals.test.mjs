// `AbortSignal` on listeners and acknowledgements, and `using`: in the sources and in the minified module.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runInNewContext } from "node:vm";
import { compiled, root } from "./compiled.mjs";
import { within } from "./recorder.mjs";
import { TestServer } from "./server.mjs";

const builds = {
  sources: await compiled("index.ts"),
  "the minified module": await import("../dist/socket.io.esm.min.js"),
};
const limit = { timeout: 20_000 };
const reason = new Error("no longer wanted");
const waiting = (signal) => getEventListeners(signal, "abort").length;
const answer = (emitter, event) => within(new Promise((done) => emitter.once(event, (...args) => done(args))), event);

for (const [build, { io }] of Object.entries(builds)) {
  describe(`signals: ${build}`, () => {
    let server;

    before(async () => {
      server = await new TestServer({}).start();
    });
    after(() => server.stop());

    /** A socket that does not connect by itself. */
    function client(t, options) {
      const url = `http://127.0.0.1:${server.port}`;
      const socket = io(url, { forceNew: true, autoConnect: false, transports: ["polling"], ...options });
      t.after(() => (socket.disconnect(), socket.io.disconnect()));
      return socket;
    }

    async function connected(t, options) {
      const socket = client(t, options).connect();
      await answer(socket, "connect");
      return socket;
    }

    /** Asserts that nothing of what was asked for is left in the socket or the signals. */
    function clean(socket, ...signals) {
      assert.deepEqual(Object.keys(socket.acks), []);
      assert.deepEqual([socket.sendBuffer, socket._queue], [[], []]);
      assert.deepEqual(signals.map(waiting), signals.map(() => 0));
    }

    const listening = {
      on: (emitter, ...args) => emitter.on(...args),
      addEventListener: (emitter, ...args) => emitter.addEventListener(...args),
      once: (emitter, ...args) => emitter.once(...args),
    };
    for (const [method, listen] of Object.entries(listening)) {
      test(`${method}: an aborted signal removes the listener, alone of all`, (t) => {
        const { io: manager } = client(t);
        const calls = [];
        const { signal, abort } = controller();
        const shared = () => calls.push("shared");
        manager.once("e", shared);
        listen(manager, "e", shared, { signal });
        manager.on("e", () => calls.push("other"));
        listen(manager, "f", () => calls.push("f"), { signal });
        abort();
        assert.equal(manager.hasListeners("f"), false);
        manager.emitReserved("e").emitReserved("f");
        assert.deepEqual(calls, ["shared", "other"]);
      });

      test(`${method}: a listener is called with the emitter and the arguments, and off() knows it`, (t) => {
        const { io: manager } = client(t);
        const calls = [];
        const { signal, abort } = controller();
        function listener(...args) {
          calls.push([this === manager, ...args]);
        }
        listen(manager, "e", listener, { signal });
        manager.emitReserved("e", 1, 2);
        assert.deepEqual(calls, [[true, 1, 2]]);
        assert.equal(manager.listeners("e").length, method === "once" ? 0 : 1);
        manager.off("e", listener).on("e", listener);
        // What was removed by hand is not there to be removed again.
        abort();
        manager.emitReserved("e");
        assert.equal(calls.length, 2);
      });

      test(`${method}: with an aborted signal no listener is there`, (t) => {
        const { io: manager } = client(t);
        assert.equal(listen(manager, "e", () => {}, { signal: AbortSignal.abort() }), manager);
        assert.equal(manager.hasListeners("e"), false);
      });
    }

    test("a signal that is aborted for no reason is an error all the same", limit, async (t) => {
      const socket = await connected(t);
      for (const nothing of [null, 0, ""]) {
        const controller = new AbortController();
        const answered = socket.signal(controller.signal).emitWithAck("nobody hears this");
        controller.abort(nothing);
        await assert.rejects(answered, { message: "aborted" });
        assert.throws(() => socket.signal(controller.signal).emit("nor this"), { message: "aborted" });
      }
    });

    test("a listener whose signal is aborted while events are told counts until the next one", (t) => {
      const { io: manager } = client(t);
      const calls = [];
      const { signal, abort } = controller();
      manager.on("e", () => (calls.push("first"), abort()), { signal });
      manager.on("e", () => calls.push("second"), { signal });
      manager.emitReserved("e").emitReserved("e");
      assert.deepEqual(calls, ["first", "second"]);
    });

    for (const [state, options] of [
      ["connected", {}],
      ["connected, with timeout()", {}],
      ["connected, with retries", { retries: 1, ackTimeout: 60_000 }],
    ]) {
      const asking = (socket, signal) => (state.includes("timeout") ? socket.timeout(60_000).signal(signal) : socket.signal(signal));

      test(`emitWithAck, ${state}: fails with the signal's reason`, limit, async (t) => {
        const socket = await connected(t, options);
        const { signal, abort } = controller();
        const asked = asking(socket, signal).emitWithAck("silent", 1);
        assert.ok(waiting(signal) > 0);
        abort();
        await assert.rejects(asked, reason);
        clean(socket, signal);
      });

      test(`a callback, ${state}: the signal's reason is its error`, limit, async (t) => {
        const socket = await connected(t, options);
        const { signal, abort } = controller();
        const calls = [];
        asking(socket, signal).emit("silent", 1, (...args) => calls.push(args));
        abort();
        assert.deepEqual(calls, [[reason]]);
        clean(socket, signal);
      });

      test(`${state}: an answer comes first, and an abort after it does nothing`, limit, async (t) => {
        const socket = await connected(t, options);
        const { signal, abort } = controller();
        const calls = [];
        asking(socket, signal).emit("echo", 1, (...args) => calls.push(args));
        assert.equal(await asking(socket, signal).emitWithAck("echo", 2), 2);
        clean(socket, signal);
        abort();
        assert.deepEqual(calls, [[null, 1]]);
      });
    }

    test("a signal of which nobody hears leaves the next event without one", limit, async (t) => {
      const socket = await connected(t);
      const { signal, abort } = controller();
      socket.signal(signal).emit("note", "with");
      const asked = socket.emitWithAck("echo", "without");
      abort();
      assert.equal(await asked, "without");
      assert.deepEqual(server.received.splice(0).flat(), ["with"]);
    });

    for (const options of [{}, { retries: 1 }]) {
      const what = options.retries ? "with retries" : "without";
      test(`an aborted signal: nothing is sent, ${what}`, limit, async (t) => {
        const socket = await connected(t, options);
        const signal = AbortSignal.abort(reason);
        await assert.rejects(socket.signal(signal).emitWithAck("note"), reason);
        assert.throws(() => socket.signal(signal).emit("note"), reason);
        assert.equal(await socket.emitWithAck("echo", "next"), "next");
        assert.deepEqual(server.received.splice(0), []);
        clean(socket, signal);
      });

      test(`not connected, ${what}: what is given up is not sent, and takes no room`, limit, async (t) => {
        const socket = client(t, { ...options, maxBufferSize: 100 });
        const { signal, abort } = controller();
        const calls = [];
        socket.emit("note", "first");
        const asked = socket.signal(signal).emitWithAck("note", "x".repeat(25));
        socket.signal(signal).emit("note", "given up", (...args) => calls.push(args));
        assert.throws(() => socket.emit("note", "x".repeat(40)), { code: "buffer_full" });
        abort();
        await assert.rejects(asked, reason);
        assert.deepEqual(calls, [[reason]]);
        assert.equal(waiting(signal), 0);
        socket.emit("note", "x".repeat(40)).connect();
        await answer(socket, "connect");
        await answer(socket.emit("reply", "done"), "done");
        assert.deepEqual(server.received.splice(0).flat(), ["first", "x".repeat(40)]);
      });

      test(`not connected, ${what}: an event without an acknowledgement is not sent either`, limit, async (t) => {
        const socket = client(t, options);
        const { signal, abort } = controller();
        socket.signal(signal).emit("note", "given up");
        socket.signal(controller().signal).emit("note", "kept");
        abort();
        socket.connect();
        await answer(socket, "connect");
        await answer(socket.emit("reply", "done"), "done");
        assert.deepEqual(server.received.splice(0).flat(), ["kept"]);
        assert.equal(waiting(signal), 0);
      });
    }

    test("retries: one that waits behind another is given up at once, and the rest goes on", limit, async (t) => {
      const socket = await connected(t, { retries: 3, ackTimeout: 60_000 });
      const [first, later] = [controller(), controller()];
      const order = [];
      const ask = (name, { signal }) => socket.signal(signal).emitWithAck("silent", name).catch(() => order.push(name));
      const blocked = ask("first", first);
      const behind = [ask("second", later), ask("third", later)];
      const last = socket.emitWithAck("echo", "last");
      later.abort();
      await Promise.all(behind);
      assert.deepEqual([order, socket._queue.length], [["second", "third"], 2]);
      first.abort();
      await blocked;
      assert.equal(await last, "last");
      clean(socket, first.signal, later.signal);
    });

    test("retries: all that have one signal are given up, none is sent on the way", limit, async (t) => {
      const socket = await connected(t, { retries: 3, ackTimeout: 60_000 });
      const { signal, abort } = controller();
      const sent = [];
      socket.onAnyOutgoing((event, n) => sent.push(n));
      const all = [1, 2, 3].map((n) => socket.signal(signal).emitWithAck("silent", n));
      abort();
      for (const { status, reason: error } of await Promise.allSettled(all)) {
        assert.deepEqual([status, error], ["rejected", reason]);
      }
      assert.deepEqual(sent, [1]);
      clean(socket, signal);
    });

    test("a connection that ends before the answer takes the signal's listener with it", limit, async (t) => {
      const socket = await connected(t);
      const { signal } = controller();
      const asked = socket.signal(signal).emitWithAck("silent");
      socket.disconnect();
      await assert.rejects(asked, { message: "socket has been disconnected" });
      clean(socket, signal);
    });

    test("a time-out takes the signal's listener with it", limit, async (t) => {
      const socket = await connected(t);
      const { signal } = controller();
      await assert.rejects(socket.timeout(1).signal(signal).emitWithAck("silent"), { message: "operation has timed out" });
      clean(socket, signal);
    });

    test("Symbol.dispose leaves the namespace, as disconnect()", limit, async (t) => {
      const socket = await connected(t);
      const reasons = [];
      socket.on("disconnect", (reason) => reasons.push(reason));
      // As `using` does, which older runtimes do not parse.
      socket[Symbol.dispose]();
      assert.deepEqual([reasons, socket.active, socket.io._readyState], [["io client disconnect"], false, "closed"]);
      socket[Symbol.dispose]();
      assert.equal(reasons.length, 1);
    });
  });
}

function controller() {
  const control = new AbortController();
  return { signal: control.signal, abort: () => control.abort(reason) };
}

for (const file of ["socket.io.js", "socket.io.min.js"]) {
  test(`${file} in a runtime that has no Symbol.dispose`, () => {
    const page = { setTimeout, clearTimeout, queueMicrotask, console, TextEncoder, AbortController };
    const source = readFileSync(join(root, "dist", file), "utf8");
    runInNewContext("Reflect.deleteProperty(Symbol, 'dispose')", page);
    runInNewContext(source, page);
    const members = runInNewContext("Symbol.dispose === undefined && typeof io.Socket.prototype.disconnect", page);
    assert.equal(members, "function");
    const socket = page.io("http://127.0.0.1:1", { autoConnect: false });
    assert.equal(socket.disconnect(), socket);
  });
}
