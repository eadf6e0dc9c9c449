// Frames and the heartbeat, over websocket and polling.
import { after, before, describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "./probe.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { answer, Polling, request, Wire } from "./wire.mjs";

const LIMIT = 10_000;
const ALIVE = '43999["alive"]';

let server, quick;
before(async () => {
  server = await ServerProcess.start({ "max-payload": LIMIT });
  quick = await ServerProcess.start({ "ping-interval": 200, "ping-timeout": 300, "connect-timeout": 400 });
});
after(() => Promise.all([server.stop(), quick.stop()]));

const probe = table("websocket");

/** What a joined websocket hears of these frames, up to an answer that shows it alive, or to its end. */
async function frames(...packets) {
  const wire = await Wire.joined(server);
  for (const packet of packets) {
    if (typeof packet === "function") packet(wire.socket);
    else wire.send(packet);
  }
  wire.send('42999["ack one","alive"]');
  const heard = await wire.until(ALIVE);
  wire.end();
  return heard;
}

describe("raw websocket", () => {
  const HEADER = '451-["blob",{"_placeholder":true,"num":0}]';
  probe("E2 binary frames carry no type", () => frames(HEADER, Buffer.from([1, 2, 3])), [HEADER, "<010203>", ALIVE]);
  probe("E2 base64 in a text frame", () => frames(HEADER, "bAQID"), [HEADER, "<010203>", ALIVE]);
  probe("E4 b64=1: binary leaves as text", async () => {
    const wire = await Wire.joined(server, "EIO=4&transport=websocket&b64=1");
    wire.send(HEADER, Buffer.from([1, 2, 3]));
    const heard = [await wire.read(), await wire.read()];
    wire.end();
    return heard;
  }, [HEADER, "bAQID"]);
  probe("E5 unknown packet type", () => frames("9"), ["closed 1005"]);
  probe("E5 a letter", () => frames("x"), ["closed 1005"]);
  probe("E5 empty frame", () => frames(""), ["closed 1005"]);
  probe("E8 message without content", () => frames("4"), ["closed 1005"]);
  probe("types 0, 5 and 6 are ignored", () => frames("0", "5", "6"), [ALIVE]);
  probe("an unsolicited pong is taken", () => frames("3"), [ALIVE]);
  probe("a ping is not the client's", () => frames("2"), ["closed 1005"]);
  probe("a probe outside an upgrade is a ping", () => frames("2probe"), ["closed 1005"]);
  probe("W3 the close packet is ignored", () => frames("1"), [ALIVE]);
  probe("W2 exactly maxPayload", async () => (await frames("4".concat('2["unheard","').padEnd(LIMIT - 2, "x").concat('"]'))), [ALIVE]);
  probe("W2 one byte more", () => frames("4".padEnd(LIMIT + 1, "x")), ["closed 1009"]);
  probe("W2 one byte more, in fragments", () =>
    frames((socket) => {
      socket.send("4".padEnd(LIMIT, "x"), { fin: false });
      socket.send("x", { fin: true });
    }), ["closed 1009"]);
  probe("W2 fragments are put together, with a ping between them", async () => {
    const wire = await Wire.joined(server);
    const pong = new Promise((resolve) => wire.socket.once("pong", (data) => resolve(data.toString())));
    wire.socket.send('42["mess', { fin: false });
    wire.socket.ping("hello");
    wire.socket.send('age","whole"]', { fin: true });
    const heard = [await wire.read(), await pong];
    wire.end();
    return heard;
  }, ['42["message","whole"]', "hello"]);
  // parity: 1.W4
  probe("W4 closed by the server without a code", async () => {
    const wire = await Wire.joined(server);
    wire.send('42["close me"]');
    return wire.until();
  }, ["41", "closed 1005"]);
  probe("a close frame of the client is answered", async () => {
    const wire = await Wire.joined(server);
    wire.socket.close(1000, "bye");
    return wire.until();
  }, ["closed 1000"]);
});

describe("raw heartbeat", () => {
  /** Milliseconds, told apart generously: the machine may be busy. */
  const around = (ms, expected) => (ms >= expected * 0.75 && ms < expected * 1.9 ? `about ${expected}` : `${ms}`);

  probe("H1 first ping an interval after the open packet, next an interval after the pong", async () => {
    const wire = await Wire.joined(quick);
    const from = Date.now();
    const first = await wire.read();
    const after = Date.now() - from;
    await sleep(100);
    wire.send("3");
    const again = Date.now();
    const second = await wire.read();
    const interval = Date.now() - again;
    wire.end();
    return [first, around(after, 200), second, around(interval, 200)];
  }, ["2", "about 200", "2", "about 200"]);
  probe("H1 without a pong the websocket is closed", async () => {
    const wire = await Wire.joined(quick);
    const from = Date.now();
    const heard = await wire.until();
    return [...heard, around(Date.now() - from, 500)];
  }, ["2", "closed 1005", "about 500"]);
  probe("H1 without a pong a polling session ends", async () => {
    const session = await Polling.joined(quick);
    const first = answer(await session.get());
    const held = answer(await session.get());
    return [first, held, await session.state()];
  }, ["200 2", "200 1", "closed"]);
  probe("H1 the ping waits for the next GET", async () => {
    const session = await Polling.joined(quick);
    await sleep(300);
    const first = answer(await session.get());
    const posted = answer(await session.post("3"));
    return [first, posted, answer(await session.get())];
  }, ["200 2", "200 ok", "200 2"]);
  // parity: 1.H2
  probe("H2 another packet refreshes the wait for the pong, once", async () => {
    const wire = await Wire.joined(quick);
    await wire.read();
    const from = Date.now();
    const talk = setInterval(() => wire.send('42["unheard"]'), 200);
    const heard = await wire.until();
    clearInterval(talk);
    return [...heard, around(Date.now() - from, 500)];
  }, ["closed 1005", "about 500"]);
  probe("a connection that joins no namespace is closed after connectTimeout", async () => {
    const wire = await Wire.ready(quick);
    const from = Date.now();
    const heard = [];
    for (;;) {
      const item = await wire.read();
      if (item === "2") wire.send("3");
      else heard.push(item);
      if (item.startsWith("closed")) break;
    }
    return [...heard, around(Date.now() - from, 400)];
  }, ["closed 1005", "about 400"]);
  probe("a polling session that joins none, too", async () => {
    const session = await Polling.open(quick);
    let last;
    while ((last = answer(await session.get())) === "200 2") await session.post("3");
    return [last, (await request(quick, session.path)).status];
  }, ["200 1", 400]);
});
