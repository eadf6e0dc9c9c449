import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const path = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why the tests in Chromium are skipped, or false. */
export const skip =
  process.env.BROWSER === "0" ? "BROWSER=0" : existsSync(path) ? false : `no ${path}: set CHROMIUM to its path`;

/** A headless Chromium with a profile of its own. */
export class Chromium {
  /** With other options of puppeteer's `launch`, if given. */
  async start(options) {
    const { default: puppeteer } = await import("puppeteer-core");
    this.profile = await mkdtemp(join(tmpdir(), "sockeye-chromium-"));
    this.browser = await puppeteer.launch({
      executablePath: path,
      userDataDir: this.profile,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--js-flags=--expose-gc",
      ],
      ...options,
    });
    return this;
  }

  /** A page at `url`, and the exceptions nobody caught in it. */
  async open(url, prepare) {
    const page = await this.browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    if (prepare) await page.evaluateOnNewDocument(prepare);
    await page.goto(url);
    return { page, errors };
  }

  async stop() {
    await this.browser?.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
