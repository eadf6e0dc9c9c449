import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Clients, MODES } from "../harness/client.mjs";
import { collect, settle } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";

let server, clients, ann, bob, cid, heard;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

const join = (socket, rooms) => socket.timeout(2_000).emitWithAck("join", rooms);
const leave = (socket, room) => socket.timeout(2_000).emitWithAck("leave", room);

/** What each of the three heard of what `socket` emits. */
async function who(socket, ...args) {
  socket.emit(...args);
  // First the emitter's own turn on the server, then everybody's delivery.
  await settle(socket);
  await settle(ann, bob, cid);
  return heard.map(({ values }) => values.splice(0));
}

for (const mode of Object.keys(MODES)) {
  describe(`rooms, ${mode}`, () => {
    before(() => (clients = new Clients(server)));
    afterEach(() => clients.close());

    async function three() {
      [ann, bob, cid] = await Promise.all([clients.settled(mode), clients.settled(mode), clients.settled(mode)]);
      heard = [ann, bob, cid].map((socket) => collect(socket, "heard"));
    }

    it("has each socket in the room of its own id", async () => {
      await three();
      assert.deepEqual(await join(ann, []), [ann.id]);
      assert.deepEqual(await who(bob, "to", { rooms: [ann.id], text: "psst" }), [["psst"], [], []]);
      assert.deepEqual(await who(ann, "all", { rooms: [ann.id], text: "myself" }), [["myself"], [], []]);
      assert.deepEqual(await who(ann, "to", { rooms: [ann.id], text: "never" }), [[], [], []]);
    });

    // parity: 5.5
    it("joins and leaves, one room and several", async () => {
      await three();
      assert.deepEqual(await join(ann, "r1"), [ann.id, "r1"].sort());
      assert.deepEqual(await join(ann, ["r2", "r3", "r1"]), [ann.id, "r1", "r2", "r3"].sort());
      assert.deepEqual(await leave(ann, "r2"), [ann.id, "r1", "r3"].sort());
      assert.deepEqual(await leave(ann, "unknown"), [ann.id, "r1", "r3"].sort());
      assert.deepEqual(await who(bob, "to", { rooms: ["r1"], text: "in" }), [["in"], [], []]);
      assert.deepEqual(await who(bob, "to", { rooms: ["r2"], text: "out" }), [[], [], []]);
    });

    // parity: 4.4
    it("takes several rooms as a union without duplicates", async () => {
      await three();
      await join(ann, ["a", "b"]);
      await join(bob, ["b", "c"]);
      assert.deepEqual(await who(cid, "to", { rooms: ["a", "b", "c"], text: "once" }), [["once"], ["once"], []]);
      assert.deepEqual(await who(ann, "to", { rooms: ["a", "b"], text: "not me" }), [[], ["not me"], []]);
      assert.deepEqual(await who(ann, "all", { rooms: ["a", "b"], text: "me too" }), [["me too"], ["me too"], []]);
    });

    // parity: 4.4
    it("leaves out the sockets of excepted rooms", async () => {
      await three();
      await join(ann, ["team"]);
      await join(bob, ["team", "busy"]);
      await join(cid, ["team", "away"]);
      const all = ["team"];
      assert.deepEqual(await who(ann, "all", { rooms: all, except: ["busy"], text: "x" }), [["x"], [], ["x"]]);
      assert.deepEqual(await who(ann, "all", { rooms: all, except: ["busy", "away"], text: "x" }), [["x"], [], []]);
      assert.deepEqual(await who(ann, "to", { rooms: all, except: ["busy"], text: "x" }), [[], [], ["x"]]);
      assert.deepEqual(await who(ann, "all", { rooms: [], except: [ann.id], text: "x" }), [[], ["x"], ["x"]]);
    });

    it("broadcasts to everybody but the sender, and news to everybody", async () => {
      await three();
      assert.deepEqual(await who(ann, "broadcast", "others"), [[], ["others"], ["others"]]);
      assert.deepEqual(await who(ann, "news", "all"), [["all"], ["all"], ["all"]]);
      assert.deepEqual(await who(ann, "to", { rooms: ["empty"], text: "x" }), [[], [], []]);
    });

    it("keeps the order of two broadcasts to overlapping rooms", async () => {
      await three();
      await join(ann, ["a"]);
      await join(bob, ["a", "b"]);
      assert.deepEqual(await who(cid, "twice", { rooms: ["a", "b"], text: "n" }), [["n 1", "n 2"], ["n 1", "n 2"], []]);
    });

    it("forgets the rooms of a socket that left", async () => {
      await three();
      await join(ann, ["gone"]);
      const id = ann.id;
      await join(bob, ["watchers"]);
      const left = collect(bob, "left");
      ann.disconnect();
      await left.until(1);
      assert.equal(left.values[0].id, id);
      ann = bob;
      heard[0] = { values: [] };
      assert.deepEqual(await who(bob, "all", { rooms: ["gone"], text: "x" }), [[], [], []]);
    });
  });
}
