import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { bytes, collect, next } from "../harness/events.mjs";
import { PARSER, ServerProcess } from "../harness/server.mjs";
import messagePack from "socket.io-msgpack-parser";

const LIMIT = 100_000;

let server, clients;
before(async () => (server = await ServerProcess.start({ "max-payload": LIMIT })));
after(() => server.stop());

const isPosted = (mode) => ["polling", "streaming"].includes(mode);

/** A string that makes the `large` packet, with ack id 0, `size` bytes; as base64 up to three less. */
function filling(size, mode) {
  if (PARSER === "json") return "x".repeat(size - '420["large",""]'.length);
  const text = "x".repeat(70_000);
  const packet = { type: 2, data: ["large", text], options: { compress: true }, id: 0, nsp: "/" };
  const around = new messagePack.Encoder().encode(packet)[0].length - text.length;
  return "x".repeat((isPosted(mode) ? Math.floor((size - 1) / 4) * 3 : size) - around);
}

for (const mode of Object.keys(MODES)) {
  const goesByPost = isPosted(mode);
  describe(`large messages, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    it("announces maxPayload", async () => {
      const socket = await clients.connect(mode);
      assert.equal(socket.io.engine.maxPayload ?? socket.io.engine._maxPayload, LIMIT);
    });

    // parity: 3.3
    it("takes a message of exactly maxPayload", async () => {
      const socket = await clients.settled(mode);
      const text = filling(LIMIT, mode);
      assert.equal(await socket.timeout(5_000).emitWithAck("large", text), text.length);
    });

    // parity: 3.3
    it("closes on a message of one byte more, with the transport's reason", async () => {
      const socket = await clients.settled(mode);
      const gone = next(socket, "disconnect");
      const [payload, websocket] = [filling(LIMIT + 1, mode), !goesByPost];
      socket.emit("large", payload, () => assert.fail("acked"));
      const [reason, details] = await gone;
      assert.equal(reason, websocket ? "transport close" : "transport error");
      if (!websocket) assert.equal(details?.description, 413);
    });

    it("sends more than maxPayload, which bounds only what comes in", async () => {
      const socket = await clients.settled(mode);
      const large = next(socket, "large");
      socket.emit("large back", 3 * LIMIT);
      assert.equal((await large)[0].length, 3 * LIMIT);
    });

    it("carries binary near maxPayload", async () => {
      const socket = await clients.settled(mode);
      // A POST carries it as base64, a third longer.
      const longest = PARSER === "json" ? LIMIT : LIMIT - 100;
      const blob = Buffer.alloc(goesByPost ? 74_000 : longest, 7);
      assert.deepEqual(bytes(await socket.timeout(5_000).emitWithAck("blob ack", blob)), blob);
    });

    it("takes more than maxPayload in many messages", async () => {
      const socket = await clients.settled(mode);
      const heard = collect(socket, "message");
      for (let n = 0; n < 30; n += 1) socket.emit("message", `${n}`.padEnd(20_000, "x"));
      await heard.until(30);
      assert.deepEqual(heard.values.map((text) => Number.parseInt(text, 10)), Array.from({ length: 30 }, (_, n) => n));
    });
  });
}
