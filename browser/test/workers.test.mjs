// The minified script in workers of Chromium, which have no page, against the npm package's server and against Sockeye.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Chromium, skip } from "./chromium.mjs";
import { Proxy } from "./proxy.mjs";
import { TestServer } from "./server.mjs";
import { noSockeye, sockeye } from "./sockeye.mjs";

const limit = { timeout: 60_000 };

/** How a page gets a worker of each kind. */
const kinds = {
  DedicatedWorkerGlobalScope: () => new Worker("/worker.js"),
  SharedWorkerGlobalScope: () => new SharedWorker("/worker.js").port,
  async ServiceWorkerGlobalScope() {
    const registration = await navigator.serviceWorker.register("/worker.js");
    await navigator.serviceWorker.ready;
    return registration.active;
  },
};

for (const [name, start, contract, transports, why] of [
  [
    "the npm server",
    () => new TestServer({}).start(),
    { echo: "echo", binary: "echo" },
    ["polling", "websocket"],
    skip,
  ],
  [
    "Sockeye",
    () => sockeye([]),
    { echo: "ack one", binary: "blob ack" },
    ["polling", "websocket", "streaming"],
    skip || noSockeye,
  ],
]) {
  if (why) console.log(`# Workers in Chromium against ${name} are skipped: ${why}`);
  describe(`workers against ${name}`, { skip: why }, () => {
    let chromium, server;

    before(async () => {
      [chromium, server] = await Promise.all([new Chromium().start(), start()]);
    }, limit);
    after(() => Promise.all([chromium?.stop(), server?.stop()]));

    for (const [kind, make] of Object.entries(kinds)) {
      for (const transport of transports) {
        test(`${kind}: events, acknowledgements and binary data over ${transport}`, limit, async (t) => {
          const proxy = await new Proxy(server.port).start();
          const { page } = await chromium.open(`${proxy.url}/page?`);
          t.after(async () => {
            await page.close();
            await proxy.stop();
          });
          const handle = await page.evaluateHandle(make);
          const answer = await page.evaluate(
            (worker, message) =>
              new Promise((resolve) => {
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = ({ data }) => resolve(data);
                worker.postMessage(message, [port2]);
              }),
            handle,
            { ...contract, options: { transports: [transport] } },
          );
          assert.deepEqual(answer, { kind, transport, text: "ä€😀", bytes: [1, 2, 255] });
        });
      }
    }

    test("a worker's connection leaves polling by itself", limit, async (t) => {
      const proxy = await new Proxy(server.port).start();
      const { page } = await chromium.open(`${proxy.url}/page?`);
      t.after(async () => {
        await page.close();
        await proxy.stop();
      });
      const transport = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const source = `importScripts("${location.origin}/socket.io.min.js");
              const manager = new io.Manager("${location.origin}");
              manager.engine.on("upgrade", ({ name }) => postMessage(name));`;
            const worker = new Worker(URL.createObjectURL(new Blob([source])));
            worker.onmessage = ({ data }) => resolve(data);
          }),
      );
      assert.equal(transport, "websocket");
    });
  });
}
