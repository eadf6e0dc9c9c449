// The minified script in Firefox (by puppeteer-core) and WebKit (by WebKitWebDriver under Xvfb), where they are installed:
// on Debian, the packages firefox-esr, webkit2gtk-driver and xvfb.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { Proxy } from "./proxy.mjs";
import { TestServer } from "./server.mjs";
import { noSockeye, sockeye } from "./sockeye.mjs";

/** The npm package's server, which keeps sessions, and Sockeye with the contract of `tests/interop`. */
const servers = {
  "the npm server": async () => {
    const server = await new TestServer({ connectionStateRecovery: {} }).start();
    return { port: server.port, stop: () => server.stop(), names: { text: "echo", bytes: "echo", numbered: "reply", answered: "numbered" } };
  },
  Sockeye: async () => {
    const names = { text: "ack one", bytes: "blob ack", numbered: "message", answered: "message" };
    return { ...(await sockeye(["--recovery", "true"])), names };
  },
};

/** Runs in the page; the answer goes through `done`, as WebDriver has no promises. */
async function core(names, done) {
  try {
    const next = (emitter, event) =>
      new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`no ${event}`)), 10_000);
        emitter.once(event, (...args) => resolve(args));
      });
    const seen = [];
    for (const options of [{ transports: ["polling"] }, { transports: ["websocket"] }, {}]) {
      const socket = io({ forceNew: true, reconnectionDelay: 10, ...options });
      await next(socket, "connect");
      if (!options.transports && socket.io.engine.transport.name !== "websocket") await next(socket.io.engine, "upgrade");
      const bytes = await socket.timeout(5000).emitWithAck(names.bytes, new Uint8Array([1, 2, 255]));
      const text = await socket.timeout(5000).emitWithAck(names.text, "ä€😀");
      // An event of the server brings the offset without which no session is continued.
      const numbered = next(socket, names.answered);
      socket.emit(names.numbered, "numbered");
      await numbered;
      const again = next(socket, "connect");
      const { id } = socket;
      socket.io.engine.close();
      await again;
      await socket.timeout(5000).emitWithAck(names.text, 1);
      const session = socket.recovered && socket.id === id ? "recovered" : socket.id === id ? "same id" : "new";
      seen.push([session, text, [...new Uint8Array(bytes)].join()].join(" "));
      socket.disconnect();
    }
    done(seen.join("; "));
  } catch (error) {
    done(String(error));
  }
}

const unwanted = process.env.BROWSER === "0" && "BROWSER=0";

for (const { name, missing, start: open } of browsers.filter(({ name }) => name !== "Chromium")) {
  const skip = unwanted || missing;
  if (skip) console.log(`# The tests in ${name} are skipped: ${skip}`);
  for (const [kind, start] of Object.entries(servers)) {
    describe(`the core list in ${name} against ${kind}`, { skip: skip || (kind === "Sockeye" && noSockeye) }, () => {
      let browser, server, proxy;
      before(async () => {
        [browser, server] = await Promise.all([open(), start()]);
        proxy = await new Proxy(server.port).start();
      });
      after(async () => {
        await browser?.stop();
        await proxy?.stop();
        await server?.stop();
      });
      test("connect, upgrade, acknowledgements, binary data, reconnection, recovery", { timeout: 120_000 }, async () => {
        const expected = Array(3).fill("recovered ä€😀 1,2,255").join("; ");
        const work = `(done) => (${core})(${JSON.stringify(server.names)}, done)`;
        assert.equal(await browser.run(`${proxy.url}/page?`, work), expected);
      });
    });
  }
}
