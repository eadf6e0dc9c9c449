// Behind the proxies of docs/deployment.md, with the very lines of that page, and with the fewest that a proxy needs.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { after, before, describe, it } from "node:test";
import { Clients, MODES, transport } from "../harness/client.mjs";
import { bytes, LIMIT, next } from "../harness/events.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { flood, talk } from "../streaming/talk.mjs";
import { filled, kinds, missing } from "./kinds.mjs";
import { sites } from "./page.mjs";
import { Proxy } from "./proxy.mjs";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
/** Without a line for it these do not pass an upgrade on. */
const REFUSES_WEBSOCKET = ["nginx", "apache"];

/** Events, acks and binary, both ways. */
async function converse(socket) {
  const message = next(socket, "message");
  socket.emit("message", { text: "über einen Proxy" });
  assert.deepEqual(await message, [{ text: "über einen Proxy" }]);
  for (let i = 0; i < 10; i += 1) assert.equal(await socket.timeout(LIMIT).emitWithAck("ack one", i), i);
  socket.once("question", (value, answer) => answer(`${value}!`));
  const answer = next(socket, "answer");
  socket.emit("ask one", "heard");
  assert.deepEqual(await answer, [{ value: "heard!" }]);
  const sent = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
  const blob = next(socket, "blob");
  socket.emit("blob", sent);
  assert.deepEqual(bytes((await blob)[0]), sent);
}

/** A GET with headers that fetch would not send. */
async function get(url, headers) {
  const [answer] = await once(request(url, { headers }).end(), "response");
  answer.resume();
  return answer.statusCode;
}

for (const kind of kinds) {
  describe(`behind ${kind.name}`, { skip: missing(kind) }, () => {
    const running = [];
    const start = async (site, ...ports) => {
      const proxy = await Proxy.start(kind, filled(kind, site, ...ports));
      running.unshift(proxy);
      return proxy;
    };
    const server = async () => {
      const process = await ServerProcess.start();
      running.push(process);
      return process;
    };
    const clients = new Clients();
    const through = (proxy) => {
      clients.server = proxy;
      return clients;
    };
    let first, proxy;

    before(async () => {
      first = await server();
      proxy = await start(sites(kind).one, first.port);
    });
    after(async () => {
      clients.close();
      for (const process of running) await process.stop();
    });

    for (const mode of Object.keys(MODES)) {
      // An upgrade that fails would be waited for.
      it(`the official client talks, ${mode}`, { timeout: 4 * LIMIT }, async () => {
        const socket = await through(proxy).settled(mode);
        await converse(socket);
        assert.equal(transport(socket), mode === "polling" ? "polling" : "websocket");
      });
    }

    it("a message of nearly max_payload gets through over polling", async () => {
      const socket = await through(proxy).connect("polling");
      assert.equal(await socket.timeout(LIMIT).emitWithAck("large", "x".repeat(999_900)), 999_900);
    });

    it("streaming talks, and each packet comes before the next is asked for", () => talk(proxy.url));
    it("streaming keeps the order of 5,000 events", () => flood(proxy.url, 5000));

    it("a page of the host that the browser names is let in, another is not", async () => {
      const host = `chat.example:${proxy.port}`;
      assert.equal(await get(proxy.url + HANDSHAKE, { host, origin: `http://${host}` }), 200);
      assert.equal(await get(proxy.url + HANDSHAKE, { host, origin: "http://other.example" }), 403);
    });

    it("who the client is, is told by the proxy and not by the client", async () => {
      const upstream = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
      await once(upstream, "listening");
      try {
        const told = await start(sites(kind).one, upstream.address().port);
        const seen = once(upstream, "request");
        const forged = { "x-forwarded-for": "192.0.2.7", "x-forwarded-host": "forged.example", "x-forwarded-proto": "https" };
        assert.equal(await get(told.url + HANDSHAKE, { host: "chat.example", ...forged }), 200);
        const [{ headers }] = await seen;
        assert.equal(headers["x-forwarded-for"].split(/, */).at(-1), "127.0.0.1");
        assert.equal(headers["x-forwarded-host"], "chat.example");
        assert.equal(headers["x-forwarded-proto"], "http");
        assert.equal(headers.host, "chat.example");
      } finally {
        upstream.close();
        upstream.closeAllConnections();
      }
    });

    it("of several servers, one gets all requests of a session", { timeout: 4 * LIMIT }, async () => {
      const { one, several } = sites(kind);
      const second = await server();
      const shared = await start(kind.several(one, several), first.port, second.port);
      for (const mode of ["polling", "upgrading"]) {
        const socket = await through(shared).settled(mode, { withCredentials: true });
        await converse(socket);
      }
    });

    describe("with the fewest lines", () => {
      before(async () => (proxy = await start(kind.stock, first.port)));

      it("polling works", async () => {
        await converse(await through(proxy).connect("polling"));
      });

      if (REFUSES_WEBSOCKET.includes(kind.name)) {
        it("websocket is refused, and a client that would upgrade goes on with polling", async () => {
            await assert.rejects(through(proxy).connect("websocket"), (error) => {
            assert.equal(error.message, "websocket error");
            assert.equal(error.description.message, "Unexpected server response: 400");
            return true;
          });
          const socket = through(proxy).prepare("upgrading");
          const failed = new Promise((resolve) => socket.io.once("open", () => socket.io.engine.once("upgradeError", resolve)));
          socket.connect();
          await failed;
          await converse(socket);
          assert.equal(transport(socket), "polling");
        });
      } else {
        it("websocket works", async () => {
            await converse(await through(proxy).connect("websocket"));
          const socket = await through(proxy).settled("upgrading");
          assert.equal(transport(socket), "websocket");
        });
      }

      // Behind haproxy each packet is late, and there all the same.
      it("streaming works", async () => {
        await talk(proxy.url);
        await flood(proxy.url, 1000);
      });
    });
  });
}
