// The npm client against each framework's binary: the same application, over polling, WebSocket, and from one to the
// other.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { Binary } from "../harness/binary.mjs";
import { Clients, MODES, transport } from "../harness/client.mjs";
import { LIMIT, bytes, collect, next } from "../harness/events.mjs";

const FRAMEWORKS = ["actix-web", "axum", "hyper", "poem", "salvo", "warp"];
/** Where examples/frameworks was built. */
const FOLDER = process.env.FRAMEWORKS;
if (!FOLDER) throw new Error("FRAMEWORKS, the folder of the binaries of examples/frameworks, is not set");
/** hyper alone has no routes: every request is for Socket.IO. */
const ROUTELESS = ["hyper"];

const ask = (socket, ...args) => socket.timeout(LIMIT).emitWithAck(...args);

for (const framework of FRAMEWORKS) {
  describe(framework, () => {
    let binary, clients;
    before(async () => {
      binary = await Binary.start(join(FOLDER, `with-${framework}`), ["--listen", "127.0.0.1:0"]);
      clients = new Clients(binary);
    });
    afterEach(() => clients.close());
    after(() => binary?.stop());

    for (const mode of Object.keys(MODES)) {
      it(`${mode}: echoes, acks, says who is asking`, async () => {
        const socket = await clients.settled(mode);
        assert.equal(transport(socket), mode === "polling" ? "polling" : "websocket");
        const echo = next(socket, "echo");
        socket.emit("echo", "hello");
        assert.deepEqual(await echo, ["hello"]);
        assert.equal(await ask(socket, "sum", 40, 2), 42);
        assert.equal(await ask(socket, "address"), "127.0.0.1");
      });

      it(`${mode}: broadcasts, and to a room`, async () => {
        const [one, two, three] = await Promise.all([1, 2, 3].map(() => clients.settled(mode)));
        for (const socket of [one, two]) assert.equal(await ask(socket, "join", "room"), true);
        const [said, told] = [one, two, three].reduce(
          ([said, told], socket) => [[...said, collect(socket, "said")], [...told, collect(socket, "told")]],
          [[], []],
        );
        one.emit("tell", "room", "to the room");
        one.emit("say", "to all");
        await Promise.all([two, three].map((_, n) => said[n + 1].until(1)));
        assert.deepEqual(said.map(({ values }) => values), [[], ["to all"], ["to all"]]);
        assert.deepEqual(told.map(({ values }) => values), [[], ["to the room"], []]);
      });

      it(`${mode}: carries much, in order and whole`, async () => {
        const socket = await clients.settled(mode);
        const echoed = collect(socket, "echo");
        for (let n = 0; n < 1_000; n++) socket.emit("echo", `${n} ${"x".repeat(100)}`);
        const values = await echoed.until(1_000, 4 * LIMIT);
        assert.deepEqual(values.map((value) => parseInt(value, 10)), Array.from({ length: 1_000 }, (_, n) => n));
        // More than any buffer on the way holds, and in base64 less than the server's limit.
        const blob = Buffer.alloc(600_000, "blob");
        const answer = next(socket, "blob", 4 * LIMIT);
        socket.emit("blob", blob);
        assert.ok(bytes((await answer)[0]).equals(blob));
      });

      it(`${mode}: each side hears that the other ended`, async () => {
        const [one, two] = [await clients.settled(mode), await clients.settled(mode)];
        await ask(one, "join", "room");
        one.disconnect();
        const told = collect(one, "told");
        two.emit("tell", "room", "nobody is there");
        assert.equal(await ask(two, "sum", 1, 1), 2);
        assert.deepEqual(told.values, []);
        const reason = next(two, "disconnect");
        two.io.engine.close();
        assert.equal((await reason)[0], "forced close");
      });
    }

    it("serves its own routes beside it", { skip: ROUTELESS.includes(framework) && "it has none" }, async () => {
      const answer = await fetch(binary.url);
      assert.equal(await answer.text(), `hello from ${framework}`);
      const missing = await fetch(`${binary.url}/missing`);
      assert.equal(missing.status, 404);
    });

    it("serves the browser's client", async () => {
      const answer = await fetch(`${binary.url}/socket.io/socket.io.min.js`);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type"), /javascript/);
      assert.ok((await answer.text()).length > 10_000);
    });

    it("refuses as the engine does", async () => {
      const unknown = await fetch(`${binary.url}/socket.io/?EIO=4&transport=polling&sid=unknown`);
      assert.deepEqual([unknown.status, await unknown.json()], [400, { code: 1, message: "Session ID unknown" }]);
      const socket = new WebSocket(`${binary.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket&sid=unknown`);
      const status = await new Promise((resolve, reject) => {
        socket.once("unexpected-response", (request, response) => {
          request.destroy();
          resolve(response.statusCode);
        });
        socket.once("open", () => reject(new Error("the session does not exist")));
        setTimeout(() => reject(new Error("no answer")), LIMIT).unref();
      });
      assert.equal(status, 400);
    });

    it("refuses a body past the limit, whatever length it announces", async () => {
      const open = await (await fetch(`${binary.url}/socket.io/?EIO=4&transport=polling`)).text();
      const { sid } = JSON.parse(open.slice(1));
      const address = `${binary.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
      const body = new Blob(["4".repeat(1_100_000)]).stream();
      const outcome = await fetch(address, { method: "POST", body, duplex: "half" }).then(({ status }) => status, () => "cut");
      assert.ok([413, "cut"].includes(outcome), `answered ${outcome}`);
    });

    it("ends a session whose connection is cut", async () => {
      const [one, two] = [await clients.settled("websocket"), await clients.settled("websocket")];
      await ask(one, "join", "room");
      const reason = next(one, "disconnect");
      one.io.engine.transport.ws.terminate();
      assert.equal((await reason)[0], "transport close");
      two.emit("tell", "room", "nobody is there");
      assert.equal(await ask(two, "sum", 1, 1), 2);
    });
  });
}
