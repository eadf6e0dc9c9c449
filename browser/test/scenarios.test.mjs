// The built files against the npm package's server and Sockeye: in Node.js, and each minified or shortened one in a page
// of Chromium.
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { Chromium, skip } from "./chromium.mjs";
import { run, scenarios } from "./scenarios.mjs";
import { deadPort, TestServer } from "./server.mjs";
import { noSockeye } from "./sockeye.mjs";
import { SockeyeServer } from "./sockeye-server.mjs";

const parser = createRequire(import.meta.url)("socket.io-msgpack-parser");
// A hung test ends; no test depends on this time.
const options = { timeout: 60_000 };

async function start(Server, changes) {
  const server = await new Server({ ...changes }).start();
  const recovery = await new Server({ ...changes, connectionStateRecovery: {} }).start();
  return { server, recovery, dead: await deadPort() };
}

const servers = [
  ["the npm server", TestServer, false],
  ["Sockeye", SockeyeServer, noSockeye],
];
for (const [name, , why] of servers) if (why) console.log(`# The scenarios against ${name} are skipped: ${why}`);
if (skip) console.log(`# The tests in Chromium are skipped: ${skip}`);

for (const [against, Server, why] of servers) {
  describe(`esm bundle in Node.js, against ${against}`, { skip: why }, () => {
    let started, environment;

    before(async () => {
      globalThis.WebSocket ??= WebSocket;
      started = await start(Server);
      environment = {
        io: (await import("../dist/socket.io.esm.min.js")).io,
        url: `http://127.0.0.1:${started.server.port}`,
        recoveryUrl: `http://127.0.0.1:${started.recovery.port}`,
        deadUrl: `http://127.0.0.1:${started.dead}`,
        ...started.server.environment,
        control: (...args) => started.server.control(...args),
        recoveryControl: (...args) => started.recovery.control(...args),
      };
    }, options);
    after(() => Promise.all([started?.server.stop(), started?.recovery.stop()]));

    for (const name of Object.keys(scenarios)) test(name, options, () => run(name, environment));
  });

  describe(`in Chromium, against ${against}`, { skip: skip || why }, () => {
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
        let started, page;

        before(async () => {
          started = await start(Server, changes);
          ({ page } = await chromium.open(`http://127.0.0.1:${started.server.port}/empty`));
          await page.exposeFunction("control", (...args) => started.server.control(...args));
          await page.exposeFunction("recoveryControl", (...args) => started.recovery.control(...args));
          await page.setContent(`<!DOCTYPE html><title>test</title>${started.server.html(path)}`);
          await page.waitForFunction(() => globalThis.io);
        }, options);
        after(async () => {
          await page?.close();
          await Promise.all([started?.server.stop(), started?.recovery.stop()]);
        });

        for (const name of Object.keys(scenarios)) {
          test(name, options, () =>
            page.evaluate(
              async (name, { recoveryPort, dead, ...environment }) => {
                const { run } = await import("/test/scenarios.mjs");
                await run(name, {
                  ...environment,
                  io: globalThis.io,
                  url: location.origin,
                  recoveryUrl: `http://127.0.0.1:${recoveryPort}`,
                  deadUrl: `http://127.0.0.1:${dead}`,
                  control: globalThis.control,
                  recoveryControl: globalThis.recoveryControl,
                });
              },
              name,
              {
                recoveryPort: started.recovery.port,
                dead: started.dead,
                ...started.server.environment,
                withoutBlobs: "parser" in changes,
              },
            ),
          );
        }
      });
    }
  });
}
