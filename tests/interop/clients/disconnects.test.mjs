import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { collect, next } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

let server, clients, left;
before(async () => (server = await ServerProcess.start({ "ping-interval": 150, "ping-timeout": 400 })));
after(() => server.stop());

for (const mode of Object.keys(MODES)) {
  describe(`disconnects, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    /** A socket, and another one that hears with which reason the server saw it leave. */
    async function watched(options) {
      const [socket, watcher] = await Promise.all([clients.settled(mode, options), clients.settled("websocket")]);
      await watcher.timeout(2_000).emitWithAck("join", "watchers");
      left = collect(watcher, "left");
      return socket;
    }

    /** The reason that the server gave for the socket with this id. */
    async function reason(id) {
      for (let count = 1; ; count += 1) {
        const found = (await left.until(count))[count - 1];
        if (found.id === id) return found.reason;
      }
    }

    // parity: 5.7
    it("client leaves: both sides say so", async () => {
      const socket = await watched();
      const { id } = socket;
      const client = next(socket, "disconnect");
      socket.disconnect();
      assert.equal((await client)[0], "io client disconnect");
      assert.equal(await reason(id), "client namespace disconnect");
      assert.equal(socket.id, undefined);
    });

    // parity: 5.6 5.7
    it("server disconnects the namespace: both sides say so", async () => {
      const socket = await watched();
      const { id } = socket;
      const client = next(socket, "disconnect");
      socket.emit("leave me");
      assert.equal((await client)[0], "io server disconnect");
      assert.equal(await reason(id), "server namespace disconnect");
      assert.equal(socket.active, false);
    });

    // parity: 5.6 5.7
    it("server closes the connection: both sides say so", async () => {
      const socket = await watched();
      const { id } = socket;
      const client = next(socket, "disconnect");
      const closed = next(socket.io, "close");
      socket.emit("close me");
      assert.equal((await client)[0], "io server disconnect");
      assert.equal(await reason(id), "server namespace disconnect");
      await closed;
    });

    it("server closes the connection of another namespace: the same", async () => {
      const socket = await watched({ namespace: "/custom" });
      const { id } = socket;
      const client = next(socket, "disconnect");
      socket.emit("close me");
      assert.equal((await client)[0], "io server disconnect");
      assert.equal(await reason(id), "server namespace disconnect");
    });

    // parity: 1.C1 5.7
    it("client closes the transport: the server says transport close", async () => {
      const socket = await watched();
      const { id } = socket;
      const client = next(socket, "disconnect");
      socket.io.engine.close();
      assert.equal((await client)[0], "forced close");
      assert.equal(await reason(id), "transport close");
    });

    // parity: 1.C1 5.7
    it("client sends a packet that Socket.IO cannot read: forced close at the server", async () => {
      const socket = await watched();
      const { id } = socket;
      const client = next(socket, "disconnect");
      socket.io.engine.write("nonsense");
      assert.equal((await client)[0], "transport close");
      assert.equal(await reason(id), "forced close");
    });

    // parity: 1.H1 1.H4
    it("answers pings, so that an idle connection stays", async () => {
      const socket = await watched();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal(socket.connected, true);
    });
  });
}
