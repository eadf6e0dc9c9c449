// The built files against the npm package's server: in Node.js, and each minified or shortened one in a page of Chromium.
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { Chromium, skip } from "./chromium.mjs";
import { run, scenarios } from "./scenarios.mjs";
import { deadPort, TestServer } from "./server.mjs";

const parser = createRequire(import.meta.url)("socket.io-msgpack-parser");
// A hung test ends; no test depends on this time.
const options = { timeout: 60_000 };

async function start(changes) {
  const server = await new TestServer(changes).start();
  const recovery = await new TestServer({ ...changes, connectionStateRecovery: {} }).start();
  return { server, recovery, dead: await deadPort() };
}

describe("esm bundle in Node.js", () => {
  let servers, environment;

  before(async () => {
    globalThis.WebSocket ??= WebSocket;
    servers = await start();
    environment = {
      io: (await import("../dist/socket.io.esm.min.js")).io,
      url: `http://127.0.0.1:${servers.server.port}`,
      recoveryUrl: `http://127.0.0.1:${servers.recovery.port}`,
      deadUrl: `http://127.0.0.1:${servers.dead}`,
      control: (...args) => servers.server.control(...args),
      recoveryControl: (...args) => servers.recovery.control(...args),
    };
  });
  after(() => Promise.all([servers.server.stop(), servers.recovery.stop()]));

  for (const name of Object.keys(scenarios)) test(name, options, () => run(name, environment));
});

if (skip) console.log(`# The tests in Chromium are skipped: ${skip}`);

describe("in Chromium", { skip }, () => {
  let chromium;

  before(async () => {
    chromium = await new Chromium().start();
  }, options);
  after(() => chromium?.stop());

  for (const [path, file, changes] of [
    ["/", "socket.io.min.js", {}],
    ["/esm", "socket.io.esm.min.js", {}],
    ["/slim", "slim.mjs", {}],
    ["/msgpack", "socket.io.msgpack.min.js", { parser }],
  ]) {
    describe(file, () => {
      let servers, page;

      before(async () => {
        servers = await start(changes);
        ({ page } = await chromium.open(`http://127.0.0.1:${servers.server.port}${path}`));
        await page.exposeFunction("control", (...args) => servers.server.control(...args));
        await page.exposeFunction("recoveryControl", (...args) => servers.recovery.control(...args));
        await page.waitForFunction(() => globalThis.io);
      }, options);
      after(async () => {
        await page?.close();
        await Promise.all([servers.server.stop(), servers.recovery.stop()]);
      });

      for (const name of Object.keys(scenarios)) {
        test(name, options, () =>
          page.evaluate(
            async (name, recoveryPort, dead, withoutBlobs) => {
              const { run } = await import("/test/scenarios.mjs");
              await run(name, {
                io: globalThis.io,
                url: location.origin,
                withoutBlobs,
                recoveryUrl: `http://127.0.0.1:${recoveryPort}`,
                deadUrl: `http://127.0.0.1:${dead}`,
                control: globalThis.control,
                recoveryControl: globalThis.recoveryControl,
              });
            },
            name,
            servers.recovery.port,
            servers.dead,
            "parser" in changes,
          ),
        );
      }
    });
  }
});
