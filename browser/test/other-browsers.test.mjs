// The minified script in Firefox (by puppeteer-core) and WebKit (by WebKitWebDriver under Xvfb), where they are installed:
// on Debian, the packages firefox-esr, webkit2gtk-driver and xvfb.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { root } from "./compiled.mjs";
import { Proxy } from "./proxy.mjs";
import { within } from "./recorder.mjs";
import { deadPort, TestServer } from "./server.mjs";

const find = (...paths) => paths.find((path) => path && existsSync(path));
const firefox = find(process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox");
const webkit = find(process.env.WEBKIT_DRIVER, "/usr/bin/WebKitWebDriver");
const xvfb = find("/usr/bin/xvfb-run");
const binary = process.env.SOCKEYE_INTEROP ?? join(root, "../target/debug/sockeye-interop");

/** The npm package's server, which keeps sessions, and Sockeye with the contract of `tests/interop`. */
const servers = {
  "the npm server": async () => {
    const server = await new TestServer({ connectionStateRecovery: {} }).start();
    return { port: server.port, stop: () => server.stop(), names: { text: "echo", bytes: "echo", numbered: "reply", answered: "numbered" } };
  },
  Sockeye: async () => {
    const child = spawn(binary, ["--recovery", "true"], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await within(once(createInterface({ input: child.stdout }), "line"), "the server's port");
    const stop = () => (child.kill(), once(child, "exit"));
    return { port: Number(/:(\d+)$/.exec(line)[1]), stop, names: { text: "ack one", bytes: "blob ack", numbered: "message", answered: "message" } };
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

for (const [name, skip, run] of [
  ["Firefox", unwanted || (firefox ? false : "no firefox-esr: install it, or set FIREFOX to its path"), inFirefox],
  [
    "WebKit",
    unwanted || (webkit && xvfb ? false : "no WebKitWebDriver or no xvfb-run: install webkit2gtk-driver and xvfb"),
    inWebKit,
  ],
]) {
  if (skip) console.log(`# The tests in ${name} are skipped: ${skip}`);
  for (const [kind, start] of Object.entries(servers)) {
    const why = skip || (kind === "Sockeye" && !existsSync(binary) && `no ${binary}: cargo build -p sockeye-interop`);
    describe(`the core list in ${name} against ${kind}`, { skip: why }, () => {
      let server, proxy;
      before(async () => {
        server = await start();
        proxy = await new Proxy(server.port).start();
      });
      after(async () => {
        await proxy?.stop();
        await server?.stop();
      });
      test("connect, upgrade, acknowledgements, binary data, reconnection, recovery", { timeout: 120_000 }, async (t) => {
        const expected = Array(3).fill("recovered ä€😀 1,2,255").join("; ");
        assert.equal(await run(t, `${proxy.url}/page?`, server.names), expected);
      });
    });
  }
}

async function inFirefox(t, url, names) {
  const { default: puppeteer } = await import("puppeteer-core");
  const profile = mkdtempSync(join(tmpdir(), "sockeye-firefox-"));
  const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, userDataDir: profile });
  t.after(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });
  const page = await browser.newPage();
  await page.goto(url);
  return page.evaluate(`new Promise((done) => (${core})(${JSON.stringify(names)}, done))`);
}

async function inWebKit(t, url, names) {
  const port = await deadPort();
  const driver = spawn(xvfb, ["-a", webkit, `--port=${port}`], { stdio: "ignore", detached: true });
  t.after(() => process.kill(-driver.pid));
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(value.message);
    return value;
  };
  const ready = async () => {
    for (;;) {
      try {
        return await call("GET", "/status");
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await within(ready(), "the driver", 20_000);
  const { sessionId } = await call("POST", "/session", { capabilities: { alwaysMatch: { browserName: "MiniBrowser" } } });
  const session = `/session/${sessionId}`;
  t.after(() => call("DELETE", session).catch(() => {}));
  await call("POST", `${session}/timeouts`, { script: 60_000 });
  await call("POST", `${session}/url`, { url });
  return call("POST", `${session}/execute/async`, { script: `(${core})(arguments[0], arguments[1])`, args: [names] });
}
