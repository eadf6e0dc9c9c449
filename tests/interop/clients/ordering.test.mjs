import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { collect, next } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

let server, clients;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

const WORK = [
  { n: 1, ms: 120 },
  { n: 2, ms: 60 },
  { n: 3, ms: 0 },
];

for (const mode of Object.keys(MODES)) {
  describe(`ordering with async handlers, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    /** The events in the order they came, until all work is done. */
    async function order(socket) {
      const seen = [];
      socket.on("started", (n) => seen.push(`started ${n}`));
      const done = collect(socket, "done");
      socket.on("done", (n) => seen.push(`done ${n}`));
      for (const work of WORK) socket.emit("slow", work);
      await done.until(WORK.length);
      return seen;
    }

    it("starts handlers in order of arrival, and lets them wait beside each other", async () => {
      const socket = await clients.settled(mode);
      const seen = await order(socket);
      assert.deepEqual(seen.filter((event) => event.startsWith("started")), ["started 1", "started 2", "started 3"]);
      assert.deepEqual(seen.filter((event) => event.startsWith("done")), ["done 3", "done 2", "done 1"]);
    });

    it("in a sequential namespace the next starts when the one before is done", async () => {
      const socket = await clients.settled(mode, { namespace: "/sequential" });
      assert.deepEqual(await order(socket), ["started 1", "done 1", "started 2", "done 2", "started 3", "done 3"]);
    });

    it("a waiting handler does not hold the acks of others", async () => {
      const socket = await clients.settled(mode);
      const done = next(socket, "done");
      socket.emit("slow", { n: 1, ms: 300 });
      const before = Date.now();
      assert.equal(await socket.timeout(2_000).emitWithAck("ack one", 1), 1);
      assert.ok(Date.now() - before < 250, "the ack waited for the slow handler");
      await done;
    });
  });
}
