// Payloads and long-polling.
import { after, before, describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "./probe.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { answer, Polling } from "./wire.mjs";

const LIMIT = 10_000;
const RS = "\x1e";

let server;
before(async () => (server = await ServerProcess.start({ "max-payload": LIMIT })));
after(() => server.stop());

const probe = table("polling");

/** Posts one payload on a joined session: the POST's answer, what the next GET brings, and how the session is after it. */
async function payload(body, headers) {
  const session = await Polling.joined(server);
  const posted = answer(await session.post(body, headers));
  if ((await session.state()) === "closed") return [posted, "closed"];
  await session.post('42["message","marker"]');
  return [posted, answer(await session.get())];
}

describe("raw polling", () => {
  const MARKER = '42["message","marker"]';
  probe("E3 several packets", () => payload(`42["message",1]${RS}42["message",2]`), ["200 ok", `200 42["message",1]${RS}42["message",2]${RS}${MARKER}`]);
  probe("E3 trailing separator", () => payload(`42["message",1]${RS}`), ["200 ok", "closed"]);
  probe("E3 empty body", () => payload(""), ["200 ok", "closed"]);
  probe("E3 unknown packet type", () => payload("9x"), ["200 ok", "closed"]);
  probe("E3 packets before a bad one, and after", async () => {
    const watcher = await Polling.joined(server);
    await watcher.post('42["join","seen"]');
    const session = await Polling.joined(server);
    const posted = answer(
      await session.post(`42["all",{"rooms":["seen"],"text":"before"}]${RS}9bad${RS}42["all",{"rooms":["seen"],"text":"after"}]`),
    );
    const heard = await Promise.race([watcher.get().then(answer), sleep(300, "nothing")]);
    return [posted, heard, await session.state()];
  }, ["200 ok", "nothing", "closed"]);
  probe("E3 binary as base64", () => payload(`451-["blob",{"_placeholder":true,"num":0}]${RS}bAQID`), ["200 ok", `200 451-["blob",{"_placeholder":true,"num":0}]${RS}bAQID${RS}${MARKER}`]);
  probe("E6 base64 without padding", () => payload(`451-["blob",{"_placeholder":true,"num":0}]${RS}bAQ`), ["200 ok", `200 451-["blob",{"_placeholder":true,"num":0}]${RS}bAQ==${RS}${MARKER}`]);
  probe("E6 base64 of the URL alphabet", () => payload(`451-["blob",{"_placeholder":true,"num":0}]${RS}b-_-_`), ["200 ok", `200 451-["blob",{"_placeholder":true,"num":0}]${RS}b+/+/${RS}${MARKER}`]);
  probe("E6 base64 with junk in it", () => payload(`451-["blob",{"_placeholder":true,"num":0}]${RS}bAQ*ID`), ["200 ok", `200 451-["blob",{"_placeholder":true,"num":0}]${RS}bAQID${RS}${MARKER}`]);
  probe("E8 message without content", () => payload("4"), ["200 ok", `200 6${RS}1`]);

  probe("P1 a GET is held until there is data", async () => {
    const session = await Polling.joined(server);
    const held = session.get();
    const early = await Promise.race([held.then(() => "answered"), sleep(100, "held")]);
    await session.post('42["message","x"]');
    return [early, answer(await held)];
  }, ["held", '200 42["message","x"]']);
  probe("P1 second GET at a time", async () => {
    const session = await Polling.joined(server);
    const first = session.get();
    await sleep(50);
    const second = answer(await session.get());
    return [second, answer(await first), await session.state()];
  }, ["400", "200 1", "closed"]);
  probe("P2 second POST at a time", async () => {
    const session = await Polling.joined(server);
    const slow = slowPost(session);
    await sleep(50);
    const second = answer(await session.post('42["message",1]'));
    slow.end();
    return [second, await session.state()];
  }, ["400", "closed"]);
  // parity: 1.P3
  probe("P3 aborted GET", async () => {
    const session = await Polling.joined(server);
    const aborting = new AbortController();
    const held = session.get({ signal: aborting.signal }).catch(() => {});
    await sleep(50);
    aborting.abort();
    await held;
    await sleep(100);
    return session.state();
  }, "closed");
  probe("P3 aborted POST", async () => {
    const session = await Polling.joined(server);
    const slow = slowPost(session);
    await sleep(50);
    slow.end();
    await sleep(100);
    return session.state();
  }, "closed");
  probe("P4 octet-stream", () => payload('42["message",1]', { "content-type": "application/octet-stream" }), ["400", "closed"]);
  probe("P4 any other content type is text", () => payload('42["message","é"]', { "content-type": "application/json" }), ["200 ok", `200 42["message","é"]${RS}${MARKER}`]);
  probe("P4 no content type is text", () => payload('42["message","é"]', {}), ["200 ok", `200 42["message","é"]${RS}${MARKER}`]);
  probe("P5 exactly maxPayload", async () => {
    const text = "x".repeat(LIMIT - '42["message",""]'.length);
    const [posted, got] = await payload(`42["message","${text}"]`);
    return [posted, got.length > LIMIT];
  }, ["200 ok", true]);
  probe("P5 one byte more", () => payload("4".padEnd(LIMIT + 1, "x")), ["413", `200 ${MARKER}`]);
  probe("P5 one byte more, chunked", () => payload("4".padEnd(LIMIT + 1, "x"), { "transfer-encoding": "chunked" }), ["413", `200 ${MARKER}`]);
  probe("P5 counted in bytes", () => payload(`42["message","${"é".repeat(LIMIT / 2)}"]`), ["413", `200 ${MARKER}`]);
  // parity: 1.P7
  probe("P7 close packet, with a GET pending", async () => {
    const session = await Polling.joined(server);
    const held = session.get();
    await sleep(50);
    const posted = answer(await session.post(`1${RS}42["message","late"]`));
    return [posted, answer(await held), await session.state()];
  }, ["200 ok", "200 6", "closed"]);
  probe("P7 close packet, with no GET pending", async () => payload("1"), ["200 ok", "closed"]);
  // parity: 1.P8
  probe("P8 closed by the server with a GET pending", async () => {
    const session = await Polling.joined(server);
    const held = session.get();
    await sleep(50);
    await session.post('42["close me"]');
    const first = answer(await held);
    const rest = first === "200 41" ? answer(await session.get()) : "";
    return [first, rest, await session.state()];
  }, ["200 41", `200 6${RS}1`, "closed"]);
  probe("P8 closed by the server with none pending waits for the next", async () => {
    const session = await Polling.joined(server);
    await session.post('42["close me"]');
    const first = answer(await session.get());
    const second = answer(await session.get());
    return [first, second, await session.state()];
  }, ["200 41", `200 6${RS}1`, "closed"]);
  probe("P9 a large answer is compressed for those who accept it", async () => {
    const session = await Polling.joined(server);
    await session.post('42["large back",5000]');
    const { status, headers } = await session.get({ headers: { "accept-encoding": "gzip" } });
    return [status, headers["content-encoding"]];
  }, [200, "gzip"]);
  probe("P11 types 0, 5 and 6 are ignored", () => payload(`0${RS}5${RS}6`), ["200 ok", `200 ${MARKER}`]);
  probe("P11 an unsolicited pong is taken", () => payload("3"), ["200 ok", `200 ${MARKER}`]);
  probe("P11 a ping is not the client's", () => payload("2"), ["200 ok", "closed"]);
  // parity: 1.W6 5.9
  probe("volatile is dropped when no GET is pending", () => payload('42["volatile","v"]'), ["200 ok", `200 42["message","v"]${RS}${MARKER}`]);
  // parity: 1.W6
  probe("volatile is sent when a GET is pending", async () => {
    const session = await Polling.joined(server);
    const held = session.get();
    await sleep(50);
    await session.post('42["volatile","v"]');
    const first = (await held).body;
    const all = first.includes("message") ? first : `${first}${RS}${(await session.get()).body}`;
    return all;
  }, `42["volatile","v"]${RS}42["message","v"]`);
});

/** A POST whose body does not end; `end` cuts its connection. */
function slowPost(session) {
  const cut = new AbortController();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("42["));
    },
  });
  fetch(`${session.server.url}${session.path}`, { method: "POST", body, duplex: "half", signal: cut.signal }).catch(() => {});
  return { end: () => cut.abort() };
}
