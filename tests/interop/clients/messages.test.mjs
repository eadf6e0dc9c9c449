import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES, transport } from "../harness/client.mjs";
import { bytes, collect, next, settle } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

const VALUES = [
  "text",
  "",
  "ünï ☃ 𝄞 \u2028 \u0000 \"quoted\" \\ \n",
  0,
  -1.5,
  123456789012345,
  true,
  null,
  [],
  {},
  [1, ["two", { three: [null] }]],
  { a: { b: { c: [1, 2, { d: "é" }] } }, "": 0 },
];

let server, clients;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

for (const mode of Object.keys(MODES)) {
  describe(`messages, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    it("uses the transport it was told", async () => {
      const socket = await clients.settled(mode);
      assert.equal(transport(socket), mode === "upgrading" ? "websocket" : mode);
    });

    // parity: 2.S9
    it("carries any JSON value both ways", async () => {
      const socket = await clients.connect(mode);
      const heard = collect(socket, "message");
      for (const value of VALUES) socket.emit("message", value);
      assert.deepEqual(await heard.until(VALUES.length), VALUES);
    });

    it("carries several arguments, and none", async () => {
      const socket = await clients.connect(mode);
      const pair = next(socket, "pair");
      const nothing = next(socket, "nothing");
      socket.emit("pair", "a", { b: 2 });
      socket.emit("nothing");
      assert.deepEqual(await pair, [{ b: 2 }, "a"]);
      assert.deepEqual(await nothing, []);
    });

    // parity: 1.U5 2.N8
    it("keeps the order of 1,000 messages each way, from the first moment on", async () => {
      // With mode "upgrading" the upgrade happens in the middle of these.
      const socket = await clients.connect(mode);
      const expected = Array.from({ length: 1_000 }, (_, n) => n);
      const heard = collect(socket, "number");
      for (const n of expected) {
        socket.emit("number", n);
        if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await heard.until(1_000);
      await settle(socket);
      assert.deepEqual(heard.values, expected);
      assert.equal(transport(socket), mode === "upgrading" ? "websocket" : mode);
    });

    it("keeps the order of 1,000 messages of one handler", async () => {
      const socket = await clients.connect(mode);
      const heard = collect(socket, "number");
      socket.emit("flood", 1_000);
      await heard.until(1_000);
      await settle(socket);
      assert.deepEqual(heard.values, Array.from({ length: 1_000 }, (_, n) => n));
    });

    it("ignores an event that nobody handles", async () => {
      const socket = await clients.connect(mode);
      socket.emit("unheard", 1);
      await settle(socket);
      assert.equal(socket.connected, true);
    });

    it("carries binary both ways", async () => {
      const socket = await clients.connect(mode);
      const heard = collect(socket, "blob");
      const blobs = [Buffer.from([1, 2, 3]), Buffer.alloc(0), Buffer.alloc(70_000, 0xa5), Uint8Array.of(255, 0, 128)];
      for (const blob of blobs) socket.emit("blob", blob);
      await heard.until(blobs.length);
      assert.deepEqual(heard.values.map(bytes), blobs.map(bytes));
    });

    // parity: 2.S10
    it("carries binary nested in a value", async () => {
      const socket = await clients.connect(mode);
      const parts = [0, 1, 2].map((n) => ({ n, data: Buffer.alloc(n * 10 + 1, n) }));
      const heard = next(socket, "parcel");
      socket.emit("parcel", { name: "p", parts });
      const [parcel] = await heard;
      assert.equal(parcel.name, "p");
      assert.deepEqual(
        parcel.parts.map(({ n, data }) => [n, bytes(data)]),
        parts.toReversed().map(({ n, data }) => [n, data]),
      );
    });

    it("keeps the order of text and binary messages", async () => {
      const socket = await clients.connect(mode);
      const order = [];
      socket.on("number", (n) => order.push(n));
      socket.on("blob", (blob) => order.push(bytes(blob)[0]));
      for (let n = 0; n < 100; n += 1) {
        if (n % 3 === 0) socket.emit("blob", Buffer.from([n]));
        else socket.emit("number", n);
      }
      await settle(socket);
      assert.deepEqual(order, Array.from({ length: 100 }, (_, n) => n));
    });
  });
}
