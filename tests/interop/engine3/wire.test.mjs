// The bytes of Engine.IO 3 and of Socket.IO 2, over plain HTTP.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ServerProcess } from "../harness/server.mjs";

const TEXT = "text/plain; charset=UTF-8";
const BINARY = "application/octet-stream";
const LIMIT = 5_000;

let server;
before(async () => (server = await ServerProcess.start({ eio3: true })));
after(() => server.stop());

async function request(query, { body, type } = {}) {
  const headers = type ? { "content-type": type } : {};
  const signal = AbortSignal.timeout(LIMIT);
  const answer = await fetch(`${server.url}/socket.io/?${query}`, { method: body === undefined ? "GET" : "POST", body, headers, signal });
  const content = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, type: answer.headers.get("content-type"), content, text: content.toString() };
}

/** Packets as a payload of text. */
const payload = (...packets) => packets.map((packet) => `${packet.length}:${packet}`).join("");

/** A session with what is added to the query. */
async function open(more = "", version = "EIO=3&") {
  const query = `${version}transport=polling${more}`;
  const answer = await request(query);
  const sid = /sid\\?":\\?"([\w-]+)/.exec(answer.text)[1];
  const here = `${query}&sid=${sid}`;
  return {
    sid,
    answer,
    get: () => request(here),
    async post(body, type = "text/plain;charset=UTF-8") {
      const { status, text } = await request(here, { body, type });
      assert.deepEqual([status, text], [200, "ok"]);
    },
  };
}

describe("Engine.IO 3", () => {
  it("opens with a payload of one packet", async () => {
    for (const version of ["EIO=3&", ""]) {
      const { answer } = await open("", version);
      const [, length, packet] = /^(\d+):(0.*)$/s.exec(answer.text);
      assert.equal(Number(length), packet.length);
      assert.deepEqual(Object.keys(JSON.parse(packet.slice(1))), ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
      assert.equal(answer.type, TEXT);
    }
  });

  it("joins the namespace / by itself", async () => {
    const session = await open();
    assert.equal((await session.get()).text, "2:40");
  });

  it("counts lengths in UTF-16", async () => {
    const session = await open();
    await session.get();
    await session.post(payload(`42["message","€😀é"]`));
    const { text, type } = await session.get();
    assert.deepEqual([text, type], [payload(`42["message","€😀é"]`), TEXT]);
  });

  it("answers in binary if a packet is binary", async () => {
    const session = await open();
    await session.get();
    const placeholder = `451-["blob",{"_placeholder":true,"num":0}]`;
    const digits = [...String(placeholder.length)].map(Number);
    const body = Buffer.concat([Buffer.from([0, ...digits, 255]), Buffer.from(placeholder), Buffer.from([1, 4, 255, 4, 1, 255, 3])]);
    await session.post(body, BINARY);
    const { content, type } = await session.get();
    assert.deepEqual([content, type], [body, BINARY]);
  });

  it("answers in base64 if it is asked to", async () => {
    const session = await open("&b64=1");
    await session.get();
    const body = payload(`451-["blob",{"_placeholder":true,"num":0}]`, "b4AQID");
    await session.post(body);
    assert.equal((await session.get()).text, body);
  });

  it("answers pings, and data of theirs is not repeated", async () => {
    const session = await open();
    await session.get();
    await session.post("1:2");
    assert.equal((await session.get()).text, "1:3");
  });

  it("writes and reads JSONP", async () => {
    const session = await open("&j=4");
    assert.match(session.answer.text, /^___eio\[4\]\("\d+:0\{\\"sid\\":.*\}"\);$/);
    assert.equal((await session.get()).text, `___eio[4]("2:40");`);
    // The two characters \\ and n of JSON are \\, \\ and n in the form.
    const said = payload(`42["message","a\\nb"]`).replace("\\n", "\\\\n");
    await session.post(`d=${encodeURIComponent(said)}`, "application/x-www-form-urlencoded");
    const { text, type } = await session.get();
    assert.deepEqual([text, type], [`___eio[4](${JSON.stringify(payload(`42["message","a\\nb"]`))});`, TEXT]);
  });

  it("holds a session to its version", async () => {
    const { sid } = await open();
    const { status, text } = await request(`EIO=4&transport=polling&sid=${sid}`, { body: "2", type: "text/plain" });
    assert.deepEqual([status, text.length > 0], [400, true]);
  });
});

describe("Socket.IO 2", () => {
  it("connects to a namespace with a query, and is refused with the data alone", async () => {
    const session = await open();
    await session.get();
    await session.post(payload("40/guarded?token=no&name=Eve,"));
    assert.equal((await session.get()).text, payload(`44/guarded,{"code":401,"name":"Eve"}`));
    await session.post(payload("40/guarded?token=secret&name=a%20b%2C,"));
    assert.equal((await session.get()).text, payload("40/guarded,"));
    await session.post(payload(`42/guarded,7["whoami"]`));
    assert.equal((await session.get()).text, payload(`43/guarded,7[{"name":"a b,"}]`));
  });

  it("is told of a namespace that is not there", async () => {
    const session = await open();
    await session.get();
    await session.post(payload("40/nowhere?a=b,"));
    assert.equal((await session.get()).text, payload(`44/nowhere,{"message":"Invalid namespace"}`));
  });
});
