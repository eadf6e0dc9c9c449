// Clients that are cut off again and again: CUTS=300 (default) in all, on every transport or on TRANSPORTS.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { io, MODES } from "../harness/client.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { Proxy } from "./proxy.mjs";

const CUTS = Number(process.env.CUTS ?? 300);
const CLIENTS = 20;
const LIMIT = 20_000;

let server;
before(async () => {
  server = await ServerProcess.start({ recovery: true, "ping-interval": 200, "ping-timeout": 400 });
});
after(() => server?.stop());

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${LIMIT} ms`)), LIMIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function client(mode, index, cuts) {
  const proxy = await Proxy.start(server.port);
  const name = `${mode} ${index}`;
  const socket = io(`${proxy.url}/recovery`, {
    ...MODES[mode],
    forceNew: true,
    reconnectionDelay: 10,
    reconnectionDelayMax: 50,
    timeout: 1000,
    retries: 1000,
    ackTimeout: 1000,
  });
  const faults = [];
  let last;
  let ticks = 0;
  socket.on("tick", (n) => {
    if (last !== undefined && n !== last + 1) faults.push(`${name}: ${n} after ${last}`);
    last = n;
    ticks += 1;
  });
  let connections = 0;
  let id;
  socket.on("connect", () => {
    connections += 1;
    if (connections > 1 && !socket.recovered) faults.push(`${name}: not recovered, connection ${connections}`);
    if (connections > 1 && socket.id !== id) faults.push(`${name}: another id`);
    id = socket.id;
  });
  const acked = [];
  let sent = 0;
  const working = setInterval(() => {
    // What waits for its turn behind a cut may not pile up: the client sends one at a time.
    if (sent - acked.length > 50) return;
    const n = sent++;
    socket.emit("work", name, n, (error, echoed) => {
      if (error || echoed !== n) faults.push(`${name}: ${n} acknowledged as ${echoed}: ${error}`);
      acked.push(n);
    });
  }, 10);
  try {
    await within(`${name} connects`, new Promise((resolve) => socket.once("connect", resolve)));
    for (let cut = 0; cut < cuts; cut++) {
      await sleep(Math.random() * 120);
      const gone = new Promise((resolve) => socket.once("disconnect", resolve));
      const back = new Promise((resolve) => socket.once("connect", resolve));
      const how = proxy.cut(index + cut, 600);
      // Requests that end before their cut do not feel it: later cuts come at the next byte. Silence shows
      // when the heartbeat's time is over.
      const again = setInterval(() => proxy.cut(index + cut, 1), how === "silence" ? 1500 : 200);
      try {
        await within(`${name} hears of cut ${cut} (${how})`, gone);
      } finally {
        clearInterval(again);
      }
      await within(`${name} comes back from cut ${cut}`, back);
    }
    clearInterval(working);
    const ended = last;
    await within(`${name} hears more`, (async () => {
      while (last < ended + 20 || acked.length < sent) await sleep(10);
    })());
    const arrived = await within(
      `${name} asks`,
      new Promise((resolve) => socket.emit("done", name, (_error, list) => resolve(list))),
    );
    assert.deepEqual(acked, [...acked.keys()], `${name}: acknowledged in order`);
    const once = arrived.filter((n, at) => n !== arrived[at - 1]);
    assert.deepEqual(once, [...acked.keys()], `${name}: each arrived, in order, repeated only before its acknowledgement`);
  } finally {
    clearInterval(working);
    socket.disconnect();
    proxy.close();
  }
  assert.deepEqual(faults, []);
  return { connections, ticks, sent };
}

const modes = process.env.TRANSPORTS?.split(",") ?? Object.keys(MODES).filter((mode) => mode !== "upgrading");

for (const mode of modes) {
  // parity: 7.1 7.5
  test(`${mode}: nothing is lost, doubled or reordered by cuts`, { timeout: Math.max(80_000, CUTS * 100) }, async (t) => {
    const cuts = Math.ceil(CUTS / modes.length / CLIENTS);
    const all = await Promise.allSettled(Array.from({ length: CLIENTS }, (_, index) => client(mode, index, cuts)));
    const failed = all.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
    if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join("\n"));
    const total = (what) => all.reduce((sum, { value }) => sum + value[what], 0);
    t.diagnostic(`${cuts * CLIENTS} cuts, ${total("connections")} connections, ${total("ticks")} events down, ${total("sent")} up`);
    assert.ok(total("connections") >= (cuts + 1) * CLIENTS, "each cut was felt");
  });
}
