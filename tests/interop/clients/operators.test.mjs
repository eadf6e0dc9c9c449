import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { next } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

let server, clients;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

for (const mode of Object.keys(MODES)) {
  describe(`operators, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    const connect = () => clients.connect(mode, { namespace: "/operators" });
    const ask = (socket, ...args) => socket.timeout(5_000).emitWithAck(...args);

    // parity: 4.5
    it("collects the acks of a broadcast", async () => {
      const [asking, first, second] = await Promise.all([connect(), connect(), connect()]);
      first.on("vote", (ack) => ack(1));
      second.on("vote", (ack) => setTimeout(() => ack(2), 20));
      await Promise.all([first, second].map((socket) => ask(socket, "join", "jury")));
      assert.deepEqual(await ask(asking, "vote", { rooms: ["jury"], ms: 3_000 }), { values: [1, 2], timeout: false });
      assert.deepEqual(await ask(asking, "vote", { rooms: ["nobody"], ms: 3_000 }), { values: [], timeout: false });
      await ask(asking, "join", "jury");
      assert.deepEqual(await ask(first, "vote", { rooms: ["jury"], ms: 150 }), { values: [1, 2], timeout: true });
    });

    // parity: 4.6 4.9 5.10
    it("finds sockets with their data and rooms", async () => {
      const [first, second] = await Promise.all([connect(), connect()]);
      await ask(first, "name", "Ada");
      assert.equal(await ask(first, "join", "found"), 2);
      assert.equal(await ask(second, "join", "found"), 2);
      assert.deepEqual(await ask(second, "fetch", { rooms: ["found"] }), [["", 2], ["Ada", 2]]);
    });

    // parity: 4.6 4.9
    it("moves sockets between rooms and disconnects them", async () => {
      const [acting, first, second] = await Promise.all([connect(), connect(), connect()]);
      await Promise.all([ask(first, "join", "here"), ask(second, "join", "here")]);
      await ask(acting, "sockets join", { rooms: ["here"], into: "there" });
      assert.equal((await ask(acting, "fetch", { rooms: ["there"] })).length, 2);
      await ask(acting, "sockets leave", { rooms: ["there"], into: "here" });
      assert.deepEqual(await ask(acting, "fetch", { rooms: ["here"] }), []);
      const ends = Promise.all([next(first, "disconnect"), next(second, "disconnect")]);
      await ask(acting, "disconnect sockets", { rooms: ["there"], close: false });
      assert.deepEqual((await ends).map(([reason]) => reason), ["io server disconnect", "io server disconnect"]);
      assert.equal(acting.connected, true);
    });

    it("closes connections with their sockets", async () => {
      const [acting, other] = await Promise.all([connect(), connect()]);
      await ask(other, "join", "closing");
      const [end, closed] = [next(other, "disconnect"), next(other.io, "close")];
      await ask(acting, "disconnect sockets", { rooms: ["closing"], close: true });
      assert.equal((await end)[0], "io server disconnect");
      await closed;
    });

    // parity: 5.8
    it("tells the rooms of a socket that is about to leave", async () => {
      const [watcher, leaving] = await Promise.all([connect(), connect()]);
      await ask(watcher, "join", "watchers");
      await ask(leaving, "join", "one");
      const told = next(watcher, "leaving");
      leaving.disconnect();
      assert.deepEqual(await told, [{ rooms: 2, reason: "client namespace disconnect" }]);
    });

    // parity: 5.3
    it("registers a listener for one time, and sees all events", async () => {
      const socket = await connect();
      await ask(socket, "listen once", "again");
      assert.equal(await ask(socket, "again"), "heard");
      await assert.rejects(socket.timeout(80).emitWithAck("again"), { message: "operation has timed out" });
      await ask(socket, "say", "something");
      const [sent, received] = await ask(socket, "seen");
      assert.deepEqual(sent, ["listen once", "again", "again", "say", "seen"]);
      assert.deepEqual(received, ["something", "something"]);
    });

    // parity: 4.D1
    it("has namespaces that come into being when a client asks for them", async () => {
      const [first, second] = await Promise.all(
        ["/rooms/one", "/rooms/two"].map((namespace) => clients.connect(mode, { namespace })),
      );
      assert.equal(await ask(first, "where"), "/rooms/one");
      assert.equal(await ask(second, "where"), "/rooms/two");
      second.on("heard", () => assert.fail("another namespace"));
      const heard = next(first, "heard");
      first.emit("news", "hello");
      assert.deepEqual(await heard, ["hello"]);
      const refused = clients.connect(mode, { namespace: "/rooms/1" });
      await assert.rejects(refused, { message: "Invalid namespace" });
    });
  });
}
