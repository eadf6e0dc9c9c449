// A page that Chromium loaded over HTTP/2 opens its WebSockets in the same connection (RFC 8441).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const binary = process.env.H2_SERVER;
if (!binary) throw new Error("H2_SERVER is the path of the example h2_server of sockeye-websocket");

let server, browser, profile, url;
const lines = [];

process.on("exit", () => server?.kill("SIGKILL"));
// The test runner ends a file that takes too long by SIGTERM, which alone would leave the server behind.
process.once("SIGTERM", () => process.exit(143));

before(async () => {
  server = spawn(binary, ["127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", (code, signal) => reject(new Error(`the server ended before it listened: ${signal ?? code}`)));
    createInterface({ input: server.stdout }).on("line", (line) => {
      const found = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line);
      if (found) resolve(Number(found[1]));
      else lines.push(line);
    });
  });
  url = `https://127.0.0.1:${port}/`;
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
      "--ignore-certificate-errors",
    ],
  });
});

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null) {
    server.kill("SIGKILL");
    await once(server, "exit");
  }
  if (profile) await rm(profile, { recursive: true, force: true });
});

/** Which connection served this path, and how: `{ connection, request }`. */
const served = (path) =>
  lines
    .map((line) => /^connection (\d+): (.*)$/.exec(line))
    .filter((found) => found?.[2].endsWith(` ${path}`))
    .map(([, connection, request]) => ({ connection, request }));

describe("WebSockets over HTTP/2 in Chromium", () => {
  it("the page's own", async () => {
    const page = await browser.newPage();
    const response = await page.goto(url);
    assert.equal(response.status(), 200);
    await page.waitForFunction(() => globalThis.heard.textContent.includes("echo: hello\n"), { timeout: 10_000 });

    const [loaded] = served("/");
    assert.equal(loaded.request, "GET HTTP/2.0 /");
    assert.deepEqual(served("/echo"), [{ connection: loaded.connection, request: "CONNECT HTTP/2.0 /echo" }]);
  });

  it("eight at a time, with text, bytes, compression and a closing handshake", async () => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => globalThis.heard.textContent.includes("echo: hello\n"), { timeout: 10_000 });
    const before = served("/echo").length;
    const seen = await page.evaluate(async () => {
      const talk = async (number) => {
        const socket = new WebSocket(`wss://${location.host}/echo`);
        socket.binaryType = "arraybuffer";
        const ended = new Promise((resolve) => (socket.onclose = resolve));
        const lost = ended.then(({ code }) => Promise.reject(new Error(`${number}: lost with code ${code}`)));
        const next = () => Promise.race([lost, new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(data)))]);
        await Promise.race([lost, new Promise((resolve) => (socket.onopen = resolve))]);
        const text = `${number} `.repeat(20_000);
        socket.send(text);
        const sameText = (await next()) === text;
        const bytes = crypto.getRandomValues(new Uint8Array(60_000));
        socket.send(bytes);
        const back = new Uint8Array(await next());
        const sameBytes = back.length === bytes.length && back.every((byte, at) => byte === bytes[at]);
        const { extensions } = socket;
        socket.close(4000 + number, "done");
        lost.catch(() => {});
        const { code, wasClean } = await ended;
        return { number, sameText, sameBytes, extensions, code, wasClean };
      };
      return Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(talk));
    });
    for (const [number, each] of seen.entries()) {
      const extensions = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
      assert.deepEqual(each, { number, sameText: true, sameBytes: true, extensions, code: 4000 + number, wasClean: true });
    }
    const opened = served("/echo").slice(before);
    assert.equal(opened.length, 8);
    const [loaded] = served("/");
    for (const { connection, request } of opened) {
      assert.equal(request, "CONNECT HTTP/2.0 /echo");
      assert.equal(connection, loaded.connection);
    }
  });

  it("not from another origin", async () => {
    const page = await browser.newPage();
    // The same server by another name is another origin.
    await page.goto(url.replace("127.0.0.1", "localhost"));
    const before = served("/echo").length;
    const outcome = await page.evaluate(async (target) => {
      const socket = new WebSocket(target);
      const { code, wasClean } = await new Promise((resolve) => (socket.onclose = resolve));
      return { code, wasClean };
    }, `${url.replace("https", "wss")}echo`);
    assert.deepEqual(outcome, { code: 1006, wasClean: false });
    assert.ok(served("/echo").length > before);
  });
});
