// How long an event takes from the server to the page, at 80 ms of round trip, by transport and by what is in the way.
//
//   cargo build -p sockeye-interop && (cd ../../tests/interop && npm ci) && (cd ../../browser && npm ci) && node latency.mjs [events]
//
// An official client beside the server, without delay, has it tell everybody the time, twenty times a second. Nothing is
// asserted.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Chromium, skip } from "../../browser/test/chromium.mjs";
import { Proxy as Network } from "../../browser/test/proxy.mjs";
import { binary, Proxy } from "../../tests/interop/proxies/proxy.mjs";
import { filled, haproxy, nginx } from "../../tests/interop/proxies/kinds.mjs";

process.env.SERVER = "sockeye";
process.env.SOCKEYE_INTEROP ??= fileURLToPath(new URL("../../target/debug/sockeye-interop", import.meta.url));
const { ServerProcess } = await import("../../tests/interop/harness/server.mjs");

const require = createRequire(new URL("../../browser/package.json", import.meta.url));
const official = dirname(require.resolve("socket.io-client/package.json"));
const { io } = require("socket.io-client");
const scripts = {
  official: readFileSync(join(official, "dist/socket.io.min.js"), "utf8"),
  ours: readFileSync(new URL("../../browser/dist/socket.io.min.js", import.meta.url), "utf8"),
};

const EVENTS = Number(process.argv[2] ?? 200);
const ONE_WAY = 40;
const EVERY = 50;

if (skip) {
  console.log(`no measurement: ${skip}`);
  process.exit(0);
}

const server = await ServerProcess.start();
const speaker = io(server.url, { transports: ["websocket"] });
const chromium = await new Chromium().start();
const ways = { directly: undefined, "through nginx": nginx, "through haproxy": haproxy };
const rows = [
  ["official", "polling"],
  ["ours", "polling"],
  ["ours", "streaming"],
  ["ours", "websocket"],
];

async function measure(client, transport, upstream) {
  const network = await new Network(upstream).start();
  const { page } = await chromium.open(`${network.url}/page?socket.io.esm.min.js`);
  await page.addScriptTag({ content: scripts[client] });
  network.fault = { delay: ONE_WAY };
  await page.evaluate(async (transport) => {
    const socket = io({ forceNew: true, transports: [transport] });
    globalThis.delays = [];
    socket.on("heard", (then) => delays.push(performance.timeOrigin + performance.now() - then));
    await new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
    });
  }, transport);
  for (let i = 0; i < EVENTS; i++) {
    speaker.emit("news", String(performance.timeOrigin + performance.now()));
    await sleep(EVERY);
  }
  await page.waitForFunction((events) => delays.length >= events, { timeout: 10_000 }, EVENTS);
  const delays = (await page.evaluate(() => delays)).sort((a, b) => a - b);
  await page.close();
  await network.stop();
  return [0.5, 0.9].map((share) => delays[Math.floor(delays.length * share)].toFixed(1));
}

console.log(`${await chromium.browser.version()}, ${cpus().length} × ${cpus()[0].model}, ${EVENTS} events, ${2 * ONE_WAY} ms round trip\n`);
console.log("| from the server to the page, ms: p50 / p90 | " + Object.keys(ways).join(" | ") + " |\n|---|" + "---:|".repeat(3));
for (const [client, transport] of rows) {
  const cells = [];
  for (const kind of Object.values(ways)) {
    if (kind && (!binary(kind) || (kind === nginx && transport === "websocket"))) {
      cells.push("-");
      continue;
    }
    const between = kind && (await Proxy.start(kind, filled(kind, kind.stock, server.port)));
    try {
      cells.push((await measure(client, transport, between?.port ?? server.port)).join(" / "));
    } catch (error) {
      cells.push(String(error.message).split("\n")[0]);
    }
    await between?.stop();
  }
  console.log(`| ${client}, ${transport} | ${cells.join(" | ")} |`);
}
speaker.close();
await chromium.stop();
await server.stop();
