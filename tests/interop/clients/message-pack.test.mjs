// The parser `socket.io-msgpack-parser` on both sides, whatever PARSER says for the other suites.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES, messagePack } from "../harness/client.mjs";
import { bytes, next } from "../harness/events.mjs";
import { ServerProcess, isReference } from "../harness/server.mjs";

let server, clients;
before(async () => (server = await ServerProcess.start({ parser: "msgpack" })));
after(() => server.stop());

for (const mode of Object.keys(MODES)) {
  describe(`MessagePack, ${mode}`, () => {
    const connect = (options) => clients.connect(mode, { parser: messagePack, ...options });
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    // parity: 2.N9
    it("carries values both ways", async () => {
      const socket = await connect();
      const values = [0, -1, 127, 128, -129, 65_536, 2 ** 32, -(2 ** 40), 0.1, "", "寿限無 🐟", "x".repeat(300), null, true];
      for (const value of [...values, values, { a: { b: values } }, Array.from({ length: 70_000 }, (_, n) => n)]) {
        assert.deepEqual(await socket.timeout(5_000).emitWithAck("ack one", value), value);
      }
    });

    it("carries bytes without attachments, also from an ArrayBuffer", async () => {
      const socket = await connect();
      const data = Buffer.from([1, 2, 3]);
      assert.deepEqual(bytes(await socket.emitWithAck("blob ack", data)), data);
      const { buffer } = new Uint8Array(data);
      assert.deepEqual(bytes(await socket.emitWithAck("blob ack", buffer)), data);
      const parts = Array.from({ length: 40 }, (_, n) => ({ n, data: Buffer.from([n]) }));
      const parcel = await socket.emitWithAck("parcel ack", { name: "p", parts });
      assert.deepEqual(parcel.parts.map(({ n, data }) => [n, bytes(data)[0]]), parts.map(({ n }) => [n, n]).reverse());
    });

    it("reads a date as JSON's text, and what is undefined as absent", async () => {
      const socket = await connect();
      const date = new Date(951_782_400_123);
      const back = await socket.emitWithAck("ack one", { date, nothing: undefined, n: 1 });
      assert.deepEqual(back.date, isReference ? date : date.toISOString());
      assert.deepEqual([back.nothing, back.n], [undefined, 1]);
      assert.deepEqual(isReference ? [] : Object.keys(back).filter((key) => key === "nothing"), []);
    });

    it("takes credentials and refuses with data", async () => {
      const socket = await connect({ namespace: "/guarded", auth: { token: "secret", name: "Ada" } });
      assert.deepEqual(await socket.emitWithAck("whoami"), { name: "Ada" });
      await assert.rejects(connect({ namespace: "/guarded", auth: { token: "no", name: "Bob" } }), (error) => {
        assert.equal(error.message, "unauthorized");
        assert.deepEqual(error.data, { code: 401, name: "Bob" });
        return true;
      });
      await assert.rejects(connect({ namespace: "/nowhere" }), { message: "Invalid namespace" });
    });

    it("asks, and tells many", async () => {
      const [one, two] = [await connect(), await connect()];
      one.on("question blob", (blob, ack) => ack(Buffer.from(bytes(blob)).reverse()));
      const answer = next(one, "answer");
      one.emit("ask blob", Buffer.from("abc"));
      assert.equal(bytes((await answer)[0].value).toString(), "cba");
      const heard = next(two, "heard");
      one.emit("broadcast", "all");
      assert.deepEqual(await heard, ["all"]);
      const gone = next(one, "disconnect");
      one.emit("leave me");
      assert.equal((await gone)[0], "io server disconnect");
    });
  });
}
