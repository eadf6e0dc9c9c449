// Which transport the client ends on by itself, with default options on both sides, by what stands in between.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { browsers } from "../../../browser/test/browsers.mjs";
import { Proxy as Network } from "../../../browser/test/proxy.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { filled, haproxy, missing, nginx } from "../proxies/kinds.mjs";
import { Proxy } from "../proxies/proxy.mjs";
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

/**
 * Runs in the page: numbers both ways, until there is `transport`, while the network is `faults` one after the other, until
 * the connection ends each time, and then `after`, until there is `next`.
 */
const numbered = ({ options, transport, faults, after, next }) => `async (done) => {
  try {
    const socket = io("/recovery", { retries: 1000, ackTimeout: 1000, reconnectionDelay: 10, reconnectionDelayMax: 50, ...${JSON.stringify(options)} });
    const problems = [];
    let last;
    let ticks = 0;
    socket.on("tick", (n) => {
      if (last !== undefined && n !== last + 1) problems.push(n + " after " + last);
      last = n;
      ticks += 1;
    });
    const acked = [];
    let sent = 0;
    const working = setInterval(() => {
      const n = sent++;
      socket.emit("work", "page", n, (error, echoed) => acked.push(error ? String(error) : echoed));
    }, 5);
    const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5)); };
    const name = () => socket.connected && socket.io.engine.transport.name;
    const reasons = [];
    const ids = new Set();
    for (const fault of ${JSON.stringify(faults)}) {
      await until(() => name() === "${transport}" && ticks > 20);
      ids.add(socket.id);
      const end = new Promise((resolve) => socket.once("disconnect", resolve));
      await setFault(fault);
      if (fault.bad) await cutAll();
      reasons.push(await end);
      if (fault.bad) await new Promise((resolve) => socket.once("connect_error", resolve));
      await setFault(${JSON.stringify(after)});
      if (fault.halfOpen) await cutAll();
      await until(() => name() === "${next}");
      if (!socket.recovered) problems.push("not recovered");
    }
    ids.add(socket.id);
    const before = last;
    await until(() => last > before + 20);
    clearInterval(working);
    await until(() => acked.length === sent);
    const arrived = await new Promise((resolve) => socket.emit("done", "page", (_error, list) => resolve(list)));
    const once = arrived.filter((n, at) => n !== arrived[at - 1]);
    const order = [acked, once].map((list) => list.length === sent && list.every((n, at) => n === at));
    const trail = socket.io.transports.map(({ from, to, reason }) => [from, to, reason]);
    socket.disconnect();
    done({ problems, reasons, sessions: ids.size, order, trail });
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

    describe("a transport that fails later: nothing lost, doubled or reordered", { skip: browserName !== "Chromium" && "the page there cannot reach the network's faults" }, () => {
      let quick;
      before(async () => (quick = await ServerProcess.start({ recovery: true, "ping-interval": 200, "ping-timeout": 300 })));
      after(() => quick?.stop());

      async function through(t, plan) {
        const network = await new Network(quick.port).start();
        t.after(() => network.stop());
        const { trail, ...rest } = await browser.run(`${network.url}/page?`, numbered({ options: {}, after: {}, ...plan }), {
          setFault: (fault) => void (network.fault = fault),
          cutAll: () => network.cut(),
        });
        const { problems, sessions, order, reasons } = rest;
        assert.deepEqual({ problems, sessions, order }, { problems: [], sessions: 1, order: [true, true] }, JSON.stringify(rest));
        return { trail, reasons };
      }

      it("a WebSocket that falls silent is left for streaming within its time-out", { timeout: 60_000 }, async (t) => {
        const { trail, reasons } = await through(t, {
          transport: "websocket",
          faults: [{ halfOpen: true }],
          after: { refuse: true },
          next: "streaming",
        });
        assert.deepEqual(reasons, ["ping timeout"]);
        assert.deepEqual(
          trail.map(([from, to]) => [from, to].join(" ")),
          [" polling", "polling websocket", "websocket ", " polling", "websocket polling", "polling streaming"],
        );
        assert.equal(trail[2][2], "ping timeout");
      });

      for (const transport of ["streaming", "polling", "websocket"]) {
        it(`${transport}: cut off, silent, 502 for a while, a POST lost`, { timeout: 60_000 }, async (t) => {
          const faults = [{ halfOpen: true }, { bad: true }, ...(transport === "websocket" ? [] : [{ losePosts: true }]), { bad: true }];
          const { reasons } = await through(t, { options: { transports: [transport] }, transport, faults, next: transport });
          assert.equal(reasons.length, faults.length);
          assert.equal(reasons[0], "ping timeout");
          for (const reason of reasons.slice(1)) assert.match(reason, /^transport (error|close)$/);
        });
      }
    });
  });
}
