// Three generations of clients on one server that allows Engine.IO 3.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bytes, collect, next } from "../harness/events.mjs";
import { isReference, ServerProcess } from "../harness/server.mjs";
import { ask, Clients, connected, MODES, VERSIONS } from "./versions.mjs";

const VALUES = ["text", "", "ünï ☃ 𝄞 \u2028 \u0000 \"quoted\" \\ \\n \n", 0, -1.5, true, null, [], {}, [1, ["two", { three: [null] }]]];
const BLOBS = [Buffer.from([1, 2, 3]), Buffer.alloc(0), Buffer.alloc(70_000, 0xa5), Buffer.from([4, 255, 0, 10, 13])];

let server, clients;
before(async () => {
  server = await ServerProcess.start({ eio3: true });
  clients = new Clients(server);
});
after(() => server.stop());
afterEach(() => clients.close());

for (const version of Object.keys(VERSIONS)) {
  for (const mode of Object.keys(MODES)) {
    describe(`client ${version}, ${mode}`, () => {
      const connect = (options) => clients.connect(version, mode, options);

      it("carries any JSON value, several arguments, and none", async () => {
        const socket = await connect();
        const heard = collect(socket, "message");
        for (const value of VALUES) socket.emit("message", value);
        assert.deepEqual(await heard.until(VALUES.length), VALUES);
        const pair = next(socket, "pair");
        const nothing = next(socket, "nothing");
        socket.emit("pair", "a", { b: 2 });
        socket.emit("nothing");
        assert.deepEqual(await pair, [{ b: 2 }, "a"]);
        assert.deepEqual(await nothing, []);
      });

      it("carries binary both ways", async () => {
        const socket = await connect();
        const heard = collect(socket, "blob");
        for (const blob of BLOBS) socket.emit("blob", blob);
        await heard.until(BLOBS.length);
        assert.deepEqual(heard.values.map(bytes), BLOBS);
        const parts = [0, 1, 2].map((n) => ({ n, data: Buffer.alloc(n * 10 + 1, n) }));
        const [parcel] = await ask(socket, "parcel ack", { name: "p", parts });
        assert.deepEqual(parcel.parts.map(({ n, data }) => [n, bytes(data)]), parts.toReversed().map(({ n, data }) => [n, data]));
      });

      it("keeps the order of text and binary through an upgrade", async () => {
        const socket = clients.prepare(version, mode);
        await connected(socket);
        const order = [];
        socket.on("number", (n) => order.push(n));
        socket.on("blob", (blob) => order.push(bytes(blob).readUInt16BE()));
        for (let n = 0; n < 500; n += 1) {
          if (n % 3 === 0) socket.emit("blob", Buffer.from([n >> 8, n & 255]));
          else socket.emit("number", n);
          if (n % 50 === 49) await sleep(2);
        }
        await ask(socket, "ack none");
        assert.deepEqual(order, Array.from({ length: 500 }, (_, n) => n));
      });

      it("takes 1,000 messages of one handler", async () => {
        const socket = await connect();
        const heard = collect(socket, "number");
        socket.emit("flood", 1_000);
        await heard.until(1_000);
        assert.deepEqual(heard.values, Array.from({ length: 1_000 }, (_, n) => n));
      });

      it("acknowledges in both directions", async () => {
        const socket = await connect();
        assert.deepEqual(await ask(socket, "ack two", 1, [2]), [[2], 1]);
        assert.deepEqual(await ask(socket, "ack none"), []);
        const [blob] = await ask(socket, "blob ack", BLOBS[3]);
        assert.deepEqual(bytes(blob), BLOBS[3]);
        socket.on("question", (value, ack) => ack({ got: value }));
        socket.on("question blob", (data, ack) => ack(Buffer.from(bytes(data)).reverse()));
        let answer = next(socket, "answer");
        socket.emit("ask one", 7);
        assert.deepEqual(await answer, [{ value: { got: 7 } }]);
        answer = next(socket, "answer");
        socket.emit("ask blob", Buffer.from("abc"));
        assert.equal(bytes((await answer)[0].value).toString(), "cba");
      });

      it("knows its id, in each namespace", async () => {
        const root = await connect();
        assert.deepEqual(await ask(root, "id"), [root.id]);
        assert.deepEqual(await ask(root, "join", "room"), [["room", root.id].sort()]);
        const custom = await connect({ namespace: "/custom" });
        assert.deepEqual(await ask(custom, "id"), [custom.id]);
        if (version === "2") {
          assert.equal(root.id, root.io.engine.id);
          assert.equal(custom.id, `/custom#${custom.io.engine.id}`);
        }
        const [one, two] = [custom, await connect({ namespace: "/custom" })];
        const heard = next(two, "heard");
        one.emit("to", [two.id, "you"]);
        assert.deepEqual(await heard, ["you"]);
      });

      it("joins, leaves and joins again another namespace", async () => {
        // A client with no namespace left ends its connection by itself.
        const root = await connect();
        const socket = root.io.socket("/custom");
        const hello = next(socket, "hello");
        await connected(socket);
        assert.deepEqual(await hello, ["/custom"]);
        assert.deepEqual(await ask(socket, "ack one", "custom"), ["custom"]);
        const gone = next(socket, "disconnect");
        socket.emit("leave me");
        assert.deepEqual((await gone)[0], "io server disconnect");
        await connected(socket);
        assert.deepEqual(await ask(socket, "ack one", "again"), ["again"]);
      });

      it("is told of the others' going", async () => {
        const watcher = await connect();
        await ask(watcher, "join", "watchers");
        for (const namespace of ["/", "/custom"]) {
          const leaver = await connect({ namespace });
          const { id } = leaver;
          const left = next(watcher, "left");
          leaver.disconnect();
          const [told] = await left;
          assert.deepEqual([told.id, told.nsp], [id, namespace]);
        }
      });

      it("refuses a namespace that is not there", async () => {
        await assert.rejects(connect({ namespace: "/unknown" }), (error) => {
          assert.equal(error.message, "Invalid namespace");
          return true;
        });
      });

      it("lets in by credentials, and refuses with data", async () => {
        const socket = await connect({ namespace: "/guarded", credentials: { token: "secret", name: "Ada & Bob" } });
        assert.deepEqual(await ask(socket, "whoami"), [{ name: "Ada & Bob" }]);
        const late = await connect({ namespace: "/guarded", credentials: { token: "slow", name: "é" } });
        assert.deepEqual(await ask(late, "whoami"), [{ name: "é" }]);
        await assert.rejects(connect({ namespace: "/guarded", credentials: { token: "no", name: "Eve" } }), (error) => {
          const data = { code: 401, name: "Eve" };
          if (version === "2") assert.deepEqual(error, data);
          else assert.deepEqual([error.message, error.data], ["unauthorized", data]);
          return true;
        });
      });

      it("shows what the handshake brought", async () => {
        const socket = await connect({ query: { probe: "p q&r=ü" }, extraHeaders: { "x-probe": "header" } });
        const [{ header, query, address }] = await ask(socket, "handshake");
        assert.deepEqual({ query, address }, { query: "p q&r=ü", address: true });
        // Older clients take the runtime's own WebSocket, which sends no headers of an application.
        if (version === "4" || mode !== "websocket") assert.equal(header, "header");
      });

      it("is thrown out with its connection", async () => {
        const socket = await connect();
        const gone = next(socket, "disconnect");
        socket.emit("close me");
        assert.match((await gone)[0], /^(io server disconnect|transport close)$/);
      });

      it("hears what clients of the other versions say, and the other way round", async () => {
        const socket = await connect();
        const others = [];
        for (const other of Object.keys(VERSIONS)) {
          for (const way of Object.keys(MODES)) others.push(await clients.connect(other, way));
        }
        const all = [socket, ...others];
        const texts = all.map((one) => next(one, "heard"));
        socket.emit("news", "text ☃");
        assert.deepEqual(await Promise.all(texts), all.map(() => ["text ☃"]));
        for (const sender of [socket, others.at(-1)]) {
          const blobs = all.map((one) => next(one, "blob"));
          sender.emit("blob all", BLOBS[3]);
          for (const [blob] of await Promise.all(blobs)) assert.deepEqual(bytes(blob), BLOBS[3]);
        }
      });
    });
  }
}

describe("a server that does not allow Engine.IO 3", () => {
  let strict;
  before(async () => (strict = await ServerProcess.start()));
  after(() => strict.stop());

  it("refuses version 2 and serves the others", async () => {
    const mine = new Clients(strict);
    await assert.rejects(mine.connect("2", "polling"));
    for (const version of ["3", "4"]) await mine.connect(version, "polling");
    mine.close();
  });
});

describe("heartbeats", () => {
  let quick, mine;
  before(async () => {
    quick = await ServerProcess.start({ eio3: true, "ping-interval": 200, "ping-timeout": 300 });
    mine = new Clients(quick);
  });
  after(() => quick.stop());
  afterEach(() => mine.close());

  for (const mode of Object.keys(MODES)) {
    it(`keep a client of version 2 alive, which begins them, ${mode}`, async () => {
      const socket = await mine.connect("2", mode);
      const pongs = collect(socket, "pong");
      await sleep(1_500);
      assert.equal(socket.connected, true);
      assert.ok(pongs.values.length >= 4, `${pongs.values.length} pongs`);
      assert.deepEqual(await ask(socket, "ack one", 1), [1]);
    });

    const skip = isReference && mode === "upgrading" && "known difference: the reference forgets the time-out at the upgrade";
    it(`end a client of version 2 that stops, ${mode}`, { skip }, async () => {
      const watcher = await mine.connect("4", "websocket");
      await ask(watcher, "join", "watchers");
      const socket = await mine.connect("2", mode);
      const { id } = socket;
      const left = next(watcher, "left", 3_000);
      // Its timers are the only ones that ping; and it is not to notice by itself.
      socket.io.engine.setPing = () => {};
      clearTimeout(socket.io.engine.pingIntervalTimer);
      clearTimeout(socket.io.engine.pingTimeoutTimer);
      assert.deepEqual(await left, [{ id, nsp: "/", reason: "ping timeout" }]);
    });
  }
});
