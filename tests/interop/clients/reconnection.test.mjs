import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { collect, next } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

const QUICK = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200, timeout: 2_000 };

let server, clients;

for (const mode of Object.keys(MODES)) {
  describe(`reconnection, ${mode}`, () => {
    beforeEach(async () => {
      server = await ServerProcess.start();
      clients = new Clients(server);
    });
    afterEach(async () => {
      clients.close();
      await server.stop();
    });

    /** Ends the server with `signal`, starts it again and awaits the clients' return, unaided. */
    async function survives(signal, expected) {
      const sockets = await Promise.all([clients.settled(mode, QUICK), clients.settled(mode, { ...QUICK, namespace: "/custom" })]);
      const ids = sockets.map(({ id }) => id);
      const gone = Promise.all(sockets.map((socket) => next(socket, "disconnect")));
      const how = await server.stop(signal);
      for (const [reason] of await gone) assert.ok(expected.includes(reason), `reason was "${reason}"`);
      // What is emitted meanwhile waits for the connection.
      const heard = collect(sockets[0], "message");
      sockets[0].emit("message", "while away 1");
      sockets[0].emit("message", "while away 2");
      const back = Promise.all(sockets.map((socket) => next(socket, "connect", 10_000)));
      await server.restart();
      await back;
      sockets[0].emit("message", "back");
      assert.deepEqual(await heard.until(3), ["while away 1", "while away 2", "back"]);
      assert.equal(await sockets[1].timeout(2_000).emitWithAck("ack one", "custom"), "custom");
      sockets.forEach(({ id }, n) => assert.notEqual(id, ids[n]));
      return how;
    }

    it("after the server was killed and started again", async () => {
      await survives("SIGKILL", ["transport close", "transport error"]);
    });

    // parity: 4.2
    it("after the server was ended by SIGTERM, which it obeys with status 0, and started again", async () => {
      const how = await survives("SIGTERM", ["transport close", "transport error"]);
      assert.deepEqual(how, { code: 0, signal: null });
    });

    it("keeps trying when the server is not there at first", async () => {
      await server.stop();
      const socket = clients.prepare(mode, QUICK);
      const error = next(socket, "connect_error");
      const back = next(socket, "connect", 10_000);
      socket.connect();
      await error;
      assert.equal(socket.active, true);
      await server.restart();
      await back;
    });
  });
}
