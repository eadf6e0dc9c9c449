// Which transport the client ends on by itself, with default options on both sides, by what stands in between.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Proxy as Network } from "../../../browser/test/proxy.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { filled, haproxy, missing, nginx } from "../proxies/kinds.mjs";
import { Proxy } from "../proxies/proxy.mjs";
import { browsers } from "./browsers.mjs";
import { Buffering } from "./buffering.mjs";

const POLICY = "connect-src 'none'; frame-src 'self'";
const opened = ["polling: open"];
const stock = (kind) => async (port) => Proxy.start(kind, filled(kind, kind.stock, port));
const failed = (transport) => new RegExp(`^${transport} -> polling: probe error: `);

/** What is in the way, the transport that is chosen, and how the client came to it. */
const table = [
  ["nothing", "websocket", [...opened, "polling -> websocket: upgrade"]],
  // It passes no `Upgrade` on, and buffers unless an answer asks it not to.
  ["a stock nginx", "streaming", [...opened, failed("websocket"), "polling -> streaming: upgrade"], { through: stock(nginx), skip: missing(nginx) }],
  [
    "a proxy that buffers",
    "polling",
    [...opened, failed("websocket"), failed("streaming"), failed("iframe")],
    { through: (port) => Buffering.start(port) },
  ],
  ["a policy that forbids connections", "iframe", ["iframe: open"], { policy: POLICY, only: "Chromium" }],
  // Its mode http passes WebSockets on.
  ["a stock haproxy", "websocket", [...opened, "polling -> websocket: upgrade"], { through: stock(haproxy), skip: missing(haproxy), only: "Chromium" }],
];

/** Runs in the page: connects, waits for the number of changes, and talks meanwhile and afterwards. */
const work = (changes) => `async (done) => {
  try {
    const socket = io({ reconnection: false });
    const faults = [];
    socket.on("connect_error", ({ message, cause }) => faults.push(message + " " + cause?.code));
    const seen = [];
    socket.on("number", (n) => seen.push(n));
    let sent = 0;
    const talk = () => { for (let i = 0; i < 20; i += 1) socket.emit("number", sent++); };
    while (socket.io.transports.length < ${changes} && !faults.length) {
      talk();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    talk();
    const bytes = await socket.timeout(10000).emitWithAck("blob ack", new Uint8Array([1, 2, 255]));
    const text = "x".repeat(70000) + "</script>\\u2028é😀";
    const same = (await socket.timeout(10000).emitWithAck("ack one", text)) === text;
    const order = seen.length === sent && seen.every((n, i) => n === i);
    const trail = socket.io.transports.map(({ from, to, reason }) => (from ? from + " -> " : "") + to + ": " + reason);
    const { name } = socket.io.engine.transport;
    socket.disconnect();
    done({ faults, name, trail, order, same, bytes: [...new Uint8Array(bytes)], sent });
  } catch (error) {
    done(String(error));
  }
}`;

for (const { name: browserName, missing: why, start } of browsers) {
  if (why) console.log(`# The automatic choice in ${browserName} is skipped: ${why}`);
  describe(`the automatic choice in ${browserName}`, { skip: why }, () => {
    let browser, server;
    before(async () => ([browser, server] = await Promise.all([start(), ServerProcess.start()])), { timeout: 60_000 });
    after(async () => {
      await browser?.stop();
      await server?.stop();
    });

    for (const [what, transport, trail, { through, policy = "", skip, only } = {}] of table) {
      if (only && only !== browserName) continue;
      it(`${what}: ${transport}`, { skip, timeout: 60_000 }, async (t) => {
        // The page comes from the same origin as the server.
        const network = await new Network(server.port).start();
        t.after(() => network.stop());
        network.policy = policy;
        const between = await through?.(network.port);
        if (between) t.after(() => between.stop());
        const result = await browser.run(`${(between ?? network).url}/page?`, work(trail.length));
        const { trail: changes, sent, ...rest } = result;
        assert.deepEqual(rest, { faults: [], name: transport, order: true, same: true, bytes: [1, 2, 255] }, JSON.stringify(result));
        for (const [i, change] of trail.entries()) assert.match(changes[i], change instanceof RegExp ? change : new RegExp(`^${change}$`));
        assert.equal(changes.length, trail.length);
      });
    }
  });
}
