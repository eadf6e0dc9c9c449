import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, connected, MODES } from "../harness/client.mjs";
import { collect, settle } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

let server, clients;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

for (const mode of Object.keys(MODES)) {
  describe(`volatile, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    // parity: 5.9
    it("delivers to a client that can take it", async () => {
      const socket = await clients.settled(mode);
      const order = [];
      socket.on("volatile", (text) => order.push(`volatile ${text}`));
      const messages = collect(socket, "message");
      // A polling client without a pending request cannot take it; after a pause it polls.
      await new Promise((resolve) => setTimeout(resolve, 100));
      socket.emit("volatile", "v");
      await messages.until(1);
      assert.deepEqual(order, ["volatile v"]);
    });

    it("drops the client's volatile events while it is not connected, and keeps the others", async () => {
      const socket = clients.prepare(mode);
      const heard = collect(socket, "message");
      socket.volatile.emit("message", "dropped");
      socket.emit("message", "kept");
      await connected(socket);
      await heard.until(1);
      await settle(socket);
      assert.deepEqual(heard.values, ["kept"]);
    });
  });
}
