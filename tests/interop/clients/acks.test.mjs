import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { bytes, next } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

const acked = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...answers) => resolve(answers)));

let server, clients;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

for (const mode of Object.keys(MODES)) {
  describe(`acks, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    // parity: 5.2
    it("acks with one value, several and none", async () => {
      const socket = await clients.connect(mode);
      assert.deepEqual(await acked(socket, "ack one", { a: [1] }), [{ a: [1] }]);
      assert.deepEqual(await acked(socket, "ack one", null), [null]);
      assert.deepEqual(await acked(socket, "ack two", 1, "b"), ["b", 1]);
      assert.deepEqual(await acked(socket, "ack none"), []);
    });

    it("acks an error of the handler", async () => {
      const socket = await clients.connect(mode);
      assert.deepEqual(await acked(socket, "ack error", "why"), [{ error: "refused: why" }]);
    });

    it("acks binary, nested too", async () => {
      const socket = await clients.connect(mode);
      const [blob] = await acked(socket, "blob ack", Buffer.from([9, 8, 7]));
      assert.deepEqual(bytes(blob), Buffer.from([9, 8, 7]));
      const parts = [{ n: 1, data: Buffer.from("one") }, { n: 2, data: Buffer.from("two") }];
      const [parcel] = await acked(socket, "parcel ack", { name: "p", parts });
      assert.deepEqual(parcel.parts.map(({ n, data }) => [n, bytes(data).toString()]), [[2, "two"], [1, "one"]]);
    });

    it("pairs 200 acks under way with their calls", async () => {
      const socket = await clients.connect(mode);
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) => socket.timeout(5_000).emitWithAck("ack one", n)),
      );
      assert.deepEqual(answers, Array.from({ length: 200 }, (_, n) => n));
    });

    it("tells the client's timeout when no handler answers", async () => {
      const socket = await clients.connect(mode);
      await assert.rejects(socket.timeout(80).emitWithAck("unheard"), { message: "operation has timed out" });
    });

    // parity: 5.2
    it("asks the client and hears one value, several and none", async () => {
      const socket = await clients.connect(mode);
      socket.on("question", (value, ack) => ack({ doubled: value * 2 }));
      socket.on("question two", (a, b, ack) => ack(b, a));
      socket.on("question none", (ack) => ack());
      let answer = next(socket, "answer");
      socket.emit("ask one", 21);
      assert.deepEqual(await answer, [{ value: { doubled: 42 } }]);
      answer = next(socket, "answer");
      socket.emit("ask two", 1, "b");
      assert.deepEqual(await answer, [{ value: "b" }]);
      answer = next(socket, "answer");
      socket.emit("ask none");
      assert.deepEqual(await answer, [{ value: null }]);
    });

    // parity: 5.2
    it("asks the client with binary and hears binary", async () => {
      const socket = await clients.connect(mode);
      socket.on("question blob", (blob, ack) => ack(Buffer.from(bytes(blob)).reverse()));
      const answer = next(socket, "answer");
      socket.emit("ask blob", Buffer.from([1, 2, 3]));
      const [{ value }] = await answer;
      assert.deepEqual(bytes(value), Buffer.from([3, 2, 1]));
    });

    it("hears a slow answer of the client, and tells the timeout of one that never comes", async () => {
      const socket = await clients.connect(mode);
      socket.on("question", (_value, ack) => setTimeout(ack, 150, "late"));
      let answer = next(socket, "answer");
      socket.emit("ask one", 1);
      assert.deepEqual(await answer, [{ value: "late" }]);
      socket.off("question");
      answer = next(socket, "answer");
      socket.emit("ask one", 1);
      assert.deepEqual(await answer, [{ error: "timeout" }]);
    });
  });
}
