// This client beside the official one, in Chromium, in one run: the time to a usable connection, and what an event costs.
//
//   (cd ../../browser && npm ci) && node run.mjs [rounds]
//
// Both run their minified script against the npm package's server, over the same proxy. Nothing is asserted.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { Chromium, skip } from "../../browser/test/chromium.mjs";
import { Proxy } from "../../browser/test/proxy.mjs";

const require = createRequire(new URL("../../browser/package.json", import.meta.url));
const { Server } = require("socket.io");
const { createServer } = require("node:http");
const official = dirname(require.resolve("socket.io-client/package.json"));
const clients = {
  official: readFileSync(join(official, "dist/socket.io.min.js"), "utf8"),
  ours: readFileSync(new URL("../../browser/dist/socket.io.min.js", import.meta.url), "utf8"),
};

const rounds = Number(process.argv[2] ?? 7);
const EVENTS = 20_000;
const ONE_WAY = 40;
const MAIN_THREAD = "main thread per received event (µs of CPU)";
const SCRIPT = "script per received event (µs of CPU)";

if (skip) {
  console.log(`no measurement: ${skip}`);
  process.exit(0);
}

const http = createServer();
const io = new Server(http, { pingInterval: 60_000 });
io.on("connection", (socket) => {
  socket.on("burst", (count) => {
    for (let i = 0; i < count; i++) socket.emit("tick", { i, text: "some text of an ordinary length" });
    socket.emit("end");
  });
});
await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
const chromium = await new Chromium().start();

/** A page with one of the clients; the script comes by the driver, so that loading is not in the figures. */
async function pageWith(name, fault) {
  const proxy = await new Proxy(http.address().port).start();
  // A name that the proxy serves as a file would be loaded from `dist`.
  const { page } = await chromium.open(`${proxy.url}/page?socket.io.esm.min.js`);
  await page.addScriptTag({ content: clients[name] });
  proxy.fault = fault;
  const close = async () => {
    await page.close();
    await proxy.stop();
  };
  return { page, close };
}

async function connect(name, transports) {
  const { page, close } = await pageWith(name, { delay: ONE_WAY });
  const times = await page.evaluate(async (transports) => {
    // The page's connection is warm.
    await fetch("/socket.io/?EIO=4").catch(() => {});
    const times = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      const socket = io({ forceNew: true, ...(transports ? { transports } : {}) });
      await new Promise((resolve) => socket.on("connect", resolve));
      times.push(performance.now() - start);
      socket.disconnect();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    return times;
  }, transports);
  await close();
  return times;
}

async function burst(name) {
  const { page, close } = await pageWith(name, {});
  const receive = (events) =>
    page.evaluate(async (events) => {
      globalThis.socket ??= io({ forceNew: true, transports: ["websocket"] });
      if (!socket.connected) await new Promise((resolve) => socket.once("connect", resolve));
      let sum = 0;
      socket.on("tick", ({ i }) => (sum += i));
      const end = new Promise((resolve) => socket.once("end", resolve));
      socket.emit("burst", events);
      await end;
      socket.off("tick");
      return sum;
    }, events);
  return measured(page, close, receive);
}

/** What no client can go below: a WebSocket without one, whose events are parsed and counted. */
async function bareBurst() {
  const { page, close } = await pageWith("ours", {});
  const receive = (events) =>
    page.evaluate(async (events) => {
      if (!globalThis.bare) {
        globalThis.bare = new WebSocket(`ws://${location.host}/socket.io/?EIO=4&transport=websocket`);
        await new Promise((resolve) => {
          bare.onmessage = ({ data }) => (data[0] === "0" ? bare.send("40") : resolve());
        });
      }
      let sum = 0;
      const end = new Promise((resolve) => {
        bare.onmessage = ({ data }) => {
          const [name, value] = JSON.parse(data.slice(2));
          if (name === "tick") sum += value.i;
          else resolve();
        };
      });
      bare.send(`42["burst",${events}]`);
      await end;
      return sum;
    }, events);
  return measured(page, close, receive);
}

/** Microseconds of the page's thread for each event that `receive` waits for, by the thread's own clock. */
async function measured(page, close, receive) {
  const session = await page.createCDPSession();
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const metrics = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  await receive(2_000);
  const before = await metrics();
  await receive(EVENTS);
  const after = await metrics();
  await close();
  const spent = (metric) => ((after[metric] - before[metric]) / EVENTS) * 1e6;
  return { task: spent("TaskDuration"), script: spent("ScriptDuration") };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

const results = { official: {}, ours: {}, bare: {} };
const note = (name, row, values) => (results[name][row] ??= []).push(...values);
for (let round = 0; round < rounds; round++) {
  // Turn and turn about, so that a slow moment of the machine meets both.
  for (const name of round % 2 ? ["ours", "official"] : ["official", "ours"]) {
    note(name, "connected, default transports (ms)", await connect(name));
    note(name, "connected, WebSocket (ms)", await connect(name, ["websocket"]));
    const { task, script } = await burst(name);
    note(name, MAIN_THREAD, [task]);
    note(name, SCRIPT, [script]);
  }
  const { task, script } = await bareBurst();
  note("bare", MAIN_THREAD, [task]);
  note("bare", SCRIPT, [script]);
}

console.log(`${await chromium.browser.version()}, ${cpus().length} × ${cpus()[0].model}, ${rounds} rounds, medians\n`);
console.log(`| ${2 * ONE_WAY} ms round trip; burst of ${EVENTS} events | official 4.8.4 | ours | ratio | WebSocket without a client |\n|---|---:|---:|---:|---:|`);
for (const row of Object.keys(results.ours)) {
  const [theirs, own] = [median(results.official[row]), median(results.ours[row])];
  const bare = results.bare[row] ? median(results.bare[row]).toFixed(1) : "";
  console.log(`| ${row} | ${theirs.toFixed(1)} | ${own.toFixed(1)} | ${(own / theirs).toFixed(2)} | ${bare} |`);
}
await chromium.stop();
io.close();
