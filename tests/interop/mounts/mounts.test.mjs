// The examples of the crate `sockeye`, each a way to mount it: they are started as they are, and clients talk through them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { Binary } from "../harness/binary.mjs";
import { Clients, MODES, transport } from "../harness/client.mjs";
import { LIMIT, next } from "../harness/events.mjs";

/** Where the examples were built. */
const FOLDER = process.env.EXAMPLES;
if (!FOLDER) throw new Error("EXAMPLES, the folder of the examples of crates/server, is not set");

/** What each answers to a request that is not for Socket.IO; hyper alone has no routes: every request is. */
const EXAMPLES = {
  axum_router: ["/", 200, "hello from axum"],
  hyper: ["/", 400, '{"code":0,"message":"Transport unknown"}'],
  serve: ["/", 200, "hello from axum"],
  tower_layer: ["/elsewhere", 200, "/elsewhere is for the service beneath"],
};

for (const [example, [path, status, body]] of Object.entries(EXAMPLES)) {
  describe(`example ${example}`, () => {
    let binary, clients;
    before(async () => {
      binary = await Binary.start(join(FOLDER, example), ["--port", "0"]);
      clients = new Clients(binary);
    });
    afterEach(() => clients.close());
    after(() => binary?.stop());

    for (const mode of Object.keys(MODES)) {
      it(`${mode}: what one says the other hears, and it is acknowledged`, async () => {
        const [one, two] = await Promise.all([clients.settled(mode), clients.settled(mode)]);
        assert.equal(transport(one), mode === "polling" ? "polling" : "websocket");
        const heard = next(two, "chat message");
        assert.equal(await one.timeout(LIMIT).emitWithAck("chat message", `by ${mode}`), true);
        assert.deepEqual(await heard, [`by ${mode}`]);
      });
    }

    it("answers what is not for Socket.IO", async () => {
      const answer = await fetch(binary.url + path);
      assert.deepEqual([answer.status, await answer.text()], [status, body]);
    });

    it("serves the browser's client", async () => {
      const answer = await fetch(`${binary.url}/socket.io/socket.io.min.js`);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type"), /javascript/);
    });
  });
}

describe("example serve, interrupted", () => {
  it("closes its connections, so that clients come back, and ends in order", async (t) => {
    const binary = await Binary.start(join(FOLDER, "serve"), ["--port", "0"]);
    const clients = new Clients(binary);
    t.after(() => Promise.all([clients.close(), binary.stop()]));
    const socket = await clients.settled("websocket");
    const reason = next(socket, "disconnect");
    const status = await binary.stop("SIGINT");
    assert.equal((await reason)[0], "transport close");
    assert.equal(status, 0);
  });
});
