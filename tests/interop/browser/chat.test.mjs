// The chat of `cargo run --release` in headless Chromium.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import puppeteer from "puppeteer-core";
import { Binary } from "./binary.mjs";
import { ChatPage } from "./page.mjs";

// The package itself declares no way to its built files, the entry point does.
const official = join(createRequire(import.meta.url).resolve("socket.io-client"), "../../../dist/socket.io.min.js");

let binary, browser, profile, ann, bob;

before(async () => {
  binary = await Binary.start();
  profile = await mkdtemp(join(tmpdir(), "sockeye-chromium-"));
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    userDataDir: profile,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
  ann = await ChatPage.join(browser, binary.url, "Ann");
  bob = await ChatPage.join(browser, binary.url, "Bob");
});

after(async () => {
  await browser?.close();
  await binary?.stop();
  if (profile) await rm(profile, { recursive: true, force: true });
});

describe("the chat in Chromium", () => {
  it("two pages talk", async () => {
    await ann.say("hello from Ann");
    await bob.hears("hello from Ann");
    await bob.say("hello from Bob");
    await ann.hears("hello from Bob");
    assert.equal(await ann.count("hello from Ann"), 1);
    assert.equal(await bob.count("hello from Ann"), 1);
  });

  it("talk again after the server was killed and started again", async () => {
    await binary.stop("SIGKILL");
    await Promise.all([ann.offline(), bob.offline()]);
    await binary.restart();
    await Promise.all([ann.online(), bob.online()]);
    await ann.say("after the kill");
    await bob.hears("after the kill");
    await bob.say("still here");
    await ann.hears("still here");
    assert.equal(await bob.count("after the kill"), 1);
  });

  it("talk again after SIGTERM, which the binary obeys with status 0", async () => {
    assert.deepEqual(await binary.stop("SIGTERM"), { code: 0, signal: null });
    await Promise.all([ann.offline(), bob.offline()]);
    await binary.restart();
    await Promise.all([ann.online(), bob.online()]);
    await ann.say("after the term");
    await bob.hears("after the term");
  });

  it("Enter while an input method composes never sends", async () => {
    const { page } = ann;
    const cdp = await page.createCDPSession();
    await page.focus("#composer");
    await cdp.send("Input.imeSetComposition", { text: "にほんg", selectionStart: 4, selectionEnd: 4 });
    // The key that confirms a composition, in the three shapes that browsers give it.
    await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
    await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
    const press = (init) =>
      page.$eval(
        "#composer",
        (composer, event) =>
          composer.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...event })),
        init,
      );
    await press({ isComposing: true });
    await press({ keyCode: 229 });
    await sleep(300);
    assert.equal(await ann.count("にほん"), 0);
    assert.equal(await bob.count("にほん"), 0);

    await cdp.send("Input.insertText", { text: "日本語" });
    await sleep(100);
    assert.equal(await bob.count("日本語"), 0);
    assert.match(await ann.draft(), /日本語/);
    await page.keyboard.press("Enter");
    await bob.hears("日本語");
    assert.equal(await ann.draft(), "");
  });

  it("an official client talks by the tutorial's contract", async () => {
    const context = await browser.createBrowserContext();
    const tutorial = [await context.newPage(), await context.newPage()];
    for (const page of tutorial) {
      await page.goto(`${binary.url}/chat/icon.svg`);
      await page.evaluate(await readFile(official, "utf8"));
      await page.evaluate(async () => {
        globalThis.heard = [];
        globalThis.socket = globalThis.io();
        globalThis.socket.on("chat message", (text) => globalThis.heard.push(text));
        await new Promise((resolve) => globalThis.socket.once("connect", resolve));
      });
    }
    const [speaker, listener] = tutorial;
    await speaker.evaluate(() => void globalThis.socket.emit("chat message", "from the tutorial"));
    await listener.waitForFunction(() => globalThis.heard.includes("from the tutorial"), { timeout: 10_000 });
    assert.deepEqual(await speaker.evaluate(() => globalThis.heard), []);
    await context.close();
  });

  it("no page had an error", () => {
    assert.deepEqual([...ann.errors, ...bob.errors], []);
  });
});
