// Browsers that open a page and run a function in it: Chromium and Firefox by puppeteer-core, WebKit by its driver.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { deadPort } from "./server.mjs";

const find = (...paths) => paths.find((path) => path && existsSync(path));
const chromium = find(process.env.CHROMIUM, "/usr/bin/chromium");
const firefox = find(process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox");
const webkit = find(process.env.WEBKIT_DRIVER, "/usr/bin/WebKitWebDriver");
const xvfb = find("/usr/bin/xvfb-run");

async function byPuppeteer(browser, executablePath, args) {
  const profile = mkdtempSync(join(tmpdir(), `sockeye-${browser}-`));
  const { default: puppeteer } = await import("puppeteer-core");
  const launched = await puppeteer.launch({ browser, executablePath, userDataDir: profile, args });
  return {
    async run(url, work, functions = {}) {
      const page = await launched.newPage();
      try {
        for (const [name, body] of Object.entries(functions)) await page.exposeFunction(name, body);
        await page.goto(url);
        return await page.evaluate(`new Promise((done) => (${work})(done))`);
      } finally {
        await page.close();
      }
    },
    async stop() {
      await launched.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function byWebKit() {
  const port = await deadPort();
  const driver = spawn(xvfb, ["-a", webkit, `--port=${port}`], { stdio: "ignore", detached: true });
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(value.message);
    return value;
  };
  for (let tries = 0; ; tries += 1) {
    try {
      await call("GET", "/status");
      break;
    } catch (error) {
      if (tries > 200) throw error;
      await sleep(100);
    }
  }
  const { sessionId } = await call("POST", "/session", { capabilities: { alwaysMatch: { browserName: "MiniBrowser" } } });
  const session = `/session/${sessionId}`;
  await call("POST", `${session}/timeouts`, { script: 60_000 });
  return {
    async run(url, work) {
      await call("POST", `${session}/url`, { url });
      return call("POST", `${session}/execute/async`, { script: `(${work})(arguments[0])`, args: [] });
    },
    async stop() {
      await call("DELETE", session).catch(() => {});
      process.kill(-driver.pid);
    },
  };
}

const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

/**
 * Each with its name, why it is missing or false, and `start`, which gives `run(url, work)` and `stop()`; with puppeteer,
 * `run` takes functions that the page can call.
 */
export const browsers = [
  { name: "Chromium", missing: !chromium && "no Chromium", start: () => byPuppeteer("chrome", chromium, flags) },
  { name: "Firefox", missing: !firefox && "no firefox-esr: install it, or set FIREFOX to its path", start: () => byPuppeteer("firefox", firefox, []) },
  {
    name: "WebKit",
    missing: !(webkit && xvfb) && "no WebKitWebDriver or no xvfb-run: install webkit2gtk-driver and xvfb",
    start: byWebKit,
  },
];
