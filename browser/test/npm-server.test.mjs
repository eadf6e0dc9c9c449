// The built bundles against the npm package's server: in Node.js, and in Chromium by a script tag.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { run, scenarios } from "./scenarios.mjs";
import { deadPort, TestServer } from "./server.mjs";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
// A hung test ends; no test depends on this time.
const options = { timeout: 60_000 };

async function start() {
  const server = await new TestServer().start();
  const recovery = await new TestServer({ connectionStateRecovery: {} }).start();
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

let skip = false;
if (process.env.BROWSER === "0") skip = "BROWSER=0";
else if (!existsSync(chromium)) skip = `no ${chromium}: set CHROMIUM to its path`;
if (skip) console.log(`# The tests in Chromium are skipped: ${skip}`);

describe("global script in Chromium", { skip }, () => {
  let servers, browser, page, profile;

  before(async () => {
    const { default: puppeteer } = await import("puppeteer-core");
    servers = await start();
    profile = await mkdtemp(join(tmpdir(), "sockeye-chromium-"));
    browser = await puppeteer.launch({
      executablePath: chromium,
      userDataDir: profile,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    page = await browser.newPage();
    await page.exposeFunction("control", (...args) => servers.server.control(...args));
    await page.exposeFunction("recoveryControl", (...args) => servers.recovery.control(...args));
    await page.goto(`http://127.0.0.1:${servers.server.port}/`);
  }, options);
  after(async () => {
    await browser?.close();
    await Promise.all([servers.server.stop(), servers.recovery.stop()]);
    await rm(profile, { recursive: true, force: true });
  });

  for (const name of Object.keys(scenarios)) {
    test(name, options, () =>
      page.evaluate(
        async (name, recoveryPort, dead) => {
          const { run } = await import("/scenarios.mjs");
          await run(name, {
            io: globalThis.io,
            url: location.origin,
            recoveryUrl: `http://127.0.0.1:${recoveryPort}`,
            deadUrl: `http://127.0.0.1:${dead}`,
            control: globalThis.control,
            recoveryControl: globalThis.recoveryControl,
          });
        },
        name,
        servers.recovery.port,
        servers.dead,
      ),
    );
  }
});
