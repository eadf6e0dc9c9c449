// permessage-deflate, seen from outside: how many bytes come over the wire.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { connected, io, MODES } from "../harness/client.mjs";
import { isReference, ServerProcess } from "../harness/server.mjs";

const LENGTH = 200_000;

/** Passes everything on, and counts what the server sends. */
async function counting(port) {
  const counter = { bytes: 0 };
  counter.server = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    server.on("data", (data) => (counter.bytes += data.length));
    client.pipe(server).on("error", () => client.destroy());
    server.pipe(client).on("error", () => server.destroy());
  });
  counter.server.listen(0, "127.0.0.1");
  await once(counter.server, "listening");
  counter.url = `http://127.0.0.1:${counter.server.address().port}`;
  return counter;
}

for (const deflate of [true, false]) {
  describe(`per-message deflate ${deflate ? "on" : "off"}`, () => {
    let server, wire, socket;
    before(async () => {
      server = await ServerProcess.start({ deflate });
      wire = await counting(server.port);
      socket = io(wire.url, { ...MODES.websocket, forceNew: true });
      await connected(socket);
    });
    after(async () => {
      socket.disconnect();
      wire.server.close();
      await server.stop();
    });

    async function bytesOf(event, ...args) {
      const before = wire.bytes;
      const heard = once(socket, event === "blob" ? "blob" : "large");
      socket.emit(event, ...args);
      const [value] = await heard;
      assert.equal(value.length ?? value.byteLength, LENGTH);
      return wire.bytes - before;
    }

    // parity: 1.W1
    it("compresses a long text", async () => {
      const bytes = await bytesOf("large back", LENGTH);
      assert.ok(deflate ? bytes < 5_000 : bytes > LENGTH, `${bytes} bytes`);
    });

    it("compresses binary, and reads what the client compressed", async () => {
      const bytes = await bytesOf("blob", Buffer.alloc(LENGTH, 7));
      assert.ok(deflate ? bytes < 5_000 : bytes > LENGTH, `${bytes} bytes`);
    });

    const skip = isReference && deflate && "known difference: the reference does not hand the flag to its WebSocket";
    // parity: 1.W1 4.8
    it("leaves out what is not to be compressed", { skip }, async () => {
      const bytes = await bytesOf("large plain", LENGTH);
      assert.ok(bytes > LENGTH, `${bytes} bytes`);
    });
  });
}
