// Behind a stock nginx: clients talk, and a page of another origin learns why it may not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import puppeteer from "puppeteer-core";
import { WebSocket } from "ws";
import { connected, io, MODES, upgrade } from "../harness/client.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { Nginx } from "./nginx.mjs";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const ORIGIN = "https://app.example";

let server, nginx;
before(async () => {
  server = await ServerProcess.start();
  nginx = await Nginx.start(server.port);
});
after(async () => {
  await nginx?.stop();
  await server?.stop();
});

describe("behind nginx", () => {
  for (const mode of Object.keys(MODES)) {
    it(`the official client talks, ${mode}`, async () => {
      const socket = io(nginx.url, { ...MODES[mode], forceNew: true, autoConnect: false });
      const upgraded = mode === "upgrading" ? upgrade(socket) : undefined;
      try {
        await connected(socket);
        await upgraded;
        assert.equal(await socket.timeout(5000).emitWithAck("ack one", "over nginx"), "over nginx");
        const heard = once(socket, "blob", { signal: AbortSignal.timeout(10_000) });
        socket.emit("blob", Buffer.alloc(100_000, 1));
        const [bytes] = await heard;
        assert.equal(bytes.byteLength, 100_000);
      } finally {
        socket.disconnect();
      }
    });
  }

  // parity: 3.CORS
  it("another origin is refused on polling, and the answer says how to allow it", async () => {
    const answer = await fetch(nginx.url + HANDSHAKE, { headers: { origin: ORIGIN } });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get("access-control-allow-origin"), ORIGIN);
    const { code, message } = await answer.json();
    assert.equal(code, 4);
    // What it was compared with is the upstream's name: that is what nginx sends.
    for (const part of [ORIGIN, "Host", `127.0.0.1:${server.port}`, `Cors::allow(["${ORIGIN}"])`]) assert.ok(message.includes(part), `${part} is not in: ${message}`);
  });

  it("another origin is refused on WebSocket too", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${nginx.port}/socket.io/?EIO=4&transport=websocket`, { origin: ORIGIN });
    const [, answer] = await once(socket, "unexpected-response");
    assert.equal(answer.statusCode, 403);
  });

  it("the browser's word that the page is of the same origin counts", async () => {
    const answer = await fetch(nginx.url + HANDSHAKE, { headers: { origin: ORIGIN, "sec-fetch-site": "same-origin" } });
    assert.equal(answer.status, 200);
  });

  it("a page in Chromium reads the refusal, and our client shows it", { skip: !process.env.CHROMIUM && "no Chromium" }, async () => {
    const pages = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<!doctype html><title>page</title>"));
    pages.listen(0, "127.0.0.1");
    await once(pages, "listening");
    const browser = await puppeteer.launch({
      executablePath: process.env.CHROMIUM,
      headless: true,
      // A page that is not of this machine, as far as the browser can see.
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--host-resolver-rules=MAP app.example 127.0.0.1, MAP api.example 127.0.0.1", "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"],
    });
    try {
      const page = await browser.newPage();
      const origin = `http://app.example:${pages.address().port}`;
      await page.goto(origin);
      const refusal = await page.evaluate(async (url) => {
        const answer = await fetch(url);
        return { status: answer.status, ...(await answer.json()) };
      }, `http://api.example:${nginx.port}${HANDSHAKE}`);
      assert.equal(refusal.status, 403);
      assert.ok(refusal.message.includes(`Cors::allow(["${origin}"])`), refusal.message);
    } finally {
      await browser.close();
      pages.close();
    }
  });
});
