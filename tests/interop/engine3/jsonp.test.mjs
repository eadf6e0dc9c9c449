// JSONP, as client 2.5 does it in a browser: scripts for what it hears, forms for what it says.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import puppeteer from "puppeteer-core";
import { ServerProcess } from "../harness/server.mjs";

const CLIENT = fileURLToPath(new URL("../node_modules/socket.io-client-2/dist/socket.io.dev.js", import.meta.url));
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

/** Runs in the page: connects, says everything, and tells what came back. */
async function talk(transports) {
  const socket = window.io({ transports, forceJSONP: true, reconnection: false, timeout: 5_000 });
  const once = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));
  let first;
  const upgraded = new Promise((resolve) => {
    socket.io.once("open", () => {
      first = socket.io.engine.transport.name;
      if (transports.length === 1) resolve();
      else socket.io.engine.once("upgrade", resolve);
    });
  });
  await once(socket, "connect");
  await upgraded;
  const functions = window.___eio.length;
  const ask = (...args) => new Promise((resolve) => socket.emit(...args, resolve));
  const text = "ünï ☃ 𝄞 \u2028 \u2029 \"quoted\" \\ \\n \\\\n \n \r\n & = + %20 </script>";
  const echoed = (await ask("ack one", text)) === text;
  const blob = await ask("blob ack", Uint8Array.of(4, 255, 0, 10).buffer);
  const numbers = [];
  socket.on("number", (n) => numbers.push(n));
  socket.emit("flood", 200);
  await ask("ack none");
  const last = socket.io.engine.transport.name;
  socket.disconnect();
  return { functions, echoed, blob: [...new Uint8Array(blob)], ordered: numbers.length === 200 && numbers.every((n, i) => n === i), first, last };
}

const skip = !process.env.CHROMIUM && "no Chromium";

describe("JSONP in Chromium", () => {
  let server, browser;
  before(async () => {
    if (skip) return;
    server = await ServerProcess.start({ eio3: true });
    browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function run(transports) {
    const page = await browser.newPage();
    const requests = [];
    page.on("request", (request) => requests.push([request.method(), request.resourceType(), request.url()]));
    // Any page of the server's origin will do, such as the answer to a handshake: the client comes along.
    await page.goto(`${server.url}/socket.io/?EIO=4&transport=polling`);
    await page.addScriptTag({ path: CLIENT });
    const told = await page.evaluate(talk, transports);
    await page.close();
    const jsonp = requests.filter(([, , url]) => url.includes("&j="));
    return { told, requests: jsonp };
  }

  it("carries text and binary both ways", { skip, timeout: 20_000 }, async () => {
    const { told, requests } = await run(["polling"]);
    assert.deepEqual(told, { functions: 1, echoed: true, blob: [4, 255, 0, 10], ordered: true, first: "polling", last: "polling" });
    const kinds = new Set(requests.map(([method, type]) => `${method} ${type}`));
    assert.deepEqual([...kinds].sort(), ["GET script", "POST document"], "and no other kind of request");
  });

  it("changes to WebSocket", { skip, timeout: 20_000 }, async () => {
    const { told } = await run(["polling", "websocket"]);
    assert.deepEqual(told, { functions: 1, echoed: true, blob: [4, 255, 0, 10], ordered: true, first: "polling", last: "websocket" });
  });
});
