// The handshake and the errors, to the byte.
import { after, before, describe } from "node:test";
import { table } from "./probe.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { answer, Polling, request, tcp, Wire } from "./wire.mjs";

let server;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

const probe = table("handshake");
const get = async (query, options) => answer(await request(server, `/socket.io/${query}`, options));
const masked = (text) => text.replace(/"sid":"[A-Za-z0-9_-]{20}"/, '"sid":"*"');
const ERRORS = {
  transport: '400 {"code":0,"message":"Transport unknown"}',
  session: '400 {"code":1,"message":"Session ID unknown"}',
  method: '400 {"code":2,"message":"Bad handshake method"}',
  request: '400 {"code":3,"message":"Bad request"}',
  version: '400 {"code":5,"message":"Unsupported protocol version"}',
};

/** The raw answer to a websocket request: its lines, without those that only say when it was made. */
async function refusal(query, extra = "") {
  const text = await tcp(
    server,
    `GET /socket.io/?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`,
  );
  const [head, body] = text.split("\r\n\r\n");
  const [status, ...headers] = head.split("\r\n");
  const names = headers.map((line) => line.toLowerCase()).filter((line) => !line.startsWith("date:"));
  return { status, headers: names.sort(), body };
}

describe("raw handshake", () => {
  const open = (upgrades) =>
    `0{"sid":"*","upgrades":${upgrades},"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`;

  probe("E11 open packet over polling", async () => masked(await get("?EIO=4&transport=polling")), `200 ${open('["websocket"]')}`);
  probe(
    "E11 open packet over websocket",
    async () => {
      const wire = await Wire.open(server);
      const first = masked(await wire.read());
      wire.end();
      return first;
    },
    open("[]"),
  );
  probe("E12 two sids differ", async () => (await Polling.open(server)).sid === (await Polling.open(server)).sid, false);
  probe("E10 further parameters and t are ignored", async () => masked(await get("?t=abc&x=1&EIO=4&y=&transport=polling")), `200 ${open('["websocket"]')}`);
  probe("E14 a longer path reaches the engine", async () => masked(await get("xyz?EIO=4&transport=polling")), `200 ${open('["websocket"]')}`);
  probe("E14 without the slash it does not", async () => (await request(server, "/socket.io?EIO=4&transport=polling")).status, 404);

  probe(
    "E15 headers of the handshake",
    async () => {
      const { headers, body } = await request(server, "/socket.io/?EIO=4&transport=polling");
      return {
        type: headers["content-type"],
        cache: headers["cache-control"],
        length: Number(headers["content-length"]) === body.length,
        cors: headers["access-control-allow-origin"],
        cookie: headers["set-cookie"],
        xss: headers["x-xss-protection"],
      };
    },
    { type: "text/plain; charset=UTF-8", cache: "no-store", length: true, cors: undefined, cookie: undefined, xss: undefined },
  );
  probe(
    "E15 headers of a POST",
    async () => {
      const { status, headers, body } = await (await Polling.open(server)).post("40");
      return { status, body, type: headers["content-type"], length: headers["content-length"], cache: headers["cache-control"] };
    },
    { status: 200, body: "ok", type: "text/html", length: "2", cache: "no-store" },
  );
  probe(
    "E15 X-XSS-Protection for old Internet Explorer",
    async () => (await request(server, "/socket.io/?EIO=4&transport=polling", { headers: { "user-agent": "x;MSIE 9" } })).headers["x-xss-protection"],
    "0",
  );
  probe(
    "1.3 the error's content type",
    async () => (await request(server, "/socket.io/?EIO=4")).headers["content-type"],
    "application/json",
  );

  for (const [row, query, expected, options] of [
    ["code 0: no transport", "?EIO=4", ERRORS.transport],
    ["code 0: unknown transport", "?EIO=4&transport=tobi", ERRORS.transport],
    ["code 0: webtransport over HTTP", "?EIO=4&transport=webtransport", ERRORS.transport],
    ["code 0: __proto__", "?EIO=4&transport=__proto__", ERRORS.transport],
    ["code 0: constructor", "?EIO=4&transport=constructor", ERRORS.transport],
    ["code 0 before the version is looked at", "?transport=tobi", ERRORS.transport],
    ["code 1: unknown sid, GET", "?EIO=4&transport=polling&sid=tobi", ERRORS.session],
    ["code 1: unknown sid, POST", "?EIO=4&transport=polling&sid=tobi", ERRORS.session, { method: "POST", body: "40" }],
    ["code 1: sid constructor", "?EIO=4&transport=polling&sid=constructor", ERRORS.session],
    ["code 2: POST", "?EIO=4&transport=polling", ERRORS.method, { method: "POST", body: "40" }],
    ["code 2: PUT", "?EIO=4&transport=polling", ERRORS.method, { method: "PUT", body: "40" }],
    ["code 2: HEAD", "?EIO=4&transport=polling", "400", { method: "HEAD" }],
    ["code 2: OPTIONS", "?EIO=4&transport=polling", ERRORS.method, { method: "OPTIONS" }],
    ["code 3: websocket without an upgrade", "?EIO=4&transport=websocket", ERRORS.request],
    ["code 5: no EIO", "?transport=polling", ERRORS.version],
    ["code 5: EIO=3", "?EIO=3&transport=polling", ERRORS.version],
    ["code 5: EIO=5", "?EIO=5&transport=polling", ERRORS.version],
    ["code 5: EIO=04", "?EIO=04&transport=polling", ERRORS.version],
  ]) {
    probe(row, () => get(query, options), expected);
  }

  probe(
    "code 3: a polling request for a websocket session",
    async () => {
      const wire = await Wire.ready(server);
      const text = await get(`?EIO=4&transport=polling&sid=${wire.handshake.sid}`);
      wire.end();
      return text;
    },
    ERRORS.request,
  );
  probe(
    "code 3: another protocol version than the session's",
    async () => {
      const { sid } = await Polling.open(server);
      return get(`?EIO=3&transport=polling&sid=${sid}`);
    },
    ERRORS.request,
  );
  for (const method of ["PUT", "DELETE", "HEAD"]) {
    probe(
      `${method} with a valid sid`,
      async () => {
        const { path } = await Polling.open(server);
        return answer(await request(server, path, { method }));
      },
      "500",
    );
  }
  probe(
    "code 3: an Origin with a character no header may hold",
    async () => {
      const text = await tcp(
        server,
        "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://a\x01b\r\nConnection: close\r\n\r\n",
      );
      return text.slice(0, 12);
    },
    "HTTP/1.1 400",
  );

  const refused = (message) => ({
    status: "HTTP/1.1 400 Bad Request",
    headers: ["connection: close", `content-length: ${message.length}`, "content-type: text/html"],
    body: message,
  });
  probe("upgrade refused: no transport", () => refusal("EIO=4"), refused("Transport unknown"));
  probe("upgrade refused: transport=__proto__", () => refusal("EIO=4&transport=__proto__"), refused("Transport unknown"));
  probe("upgrade refused: unknown sid", () => refusal("EIO=4&transport=websocket&sid=tobi"), refused("Session ID unknown"));
  probe("upgrade with transport=polling", async () => (await Wire.open(server, "EIO=4&transport=polling")).read(), "closed 1005");
  probe("upgrade without EIO", async () => (await Wire.open(server, "transport=websocket")).read(), "closed 1006");
  probe("upgrade with EIO=3", async () => (await Wire.open(server, "EIO=3&transport=websocket")).read(), "closed 1006");
  probe(
    "W5 the first offered sub-protocol is taken",
    async () => {
      const wire = await Wire.open(server, undefined, { protocols: ["a", "b"] });
      wire.end();
      return wire.socket.protocol;
    },
    "a",
  );
  probe(
    "W9 a frame in the same bytes as the upgrade request",
    async () => {
      const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);
      const head =
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      const text = await tcp(server, Buffer.concat([Buffer.from(head), frame]));
      return [text.startsWith("HTTP/1.1 101"), /0\{"sid"/.test(text), /40\{"sid"/.test(text)];
    },
    [true, true, false],
  );
  probe(
    "CVE-2022-21676 a frame with reserved bits in the same bytes as the upgrade request",
    async () => {
      const head =
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      await tcp(server, Buffer.concat([Buffer.from(head), Buffer.from([0xf1, 0x80, 0, 0, 0, 0])]));
      return (await get("?EIO=4&transport=polling")).slice(0, 5);
    },
    "200 0",
  );
});
