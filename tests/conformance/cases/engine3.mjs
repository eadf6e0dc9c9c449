// Engine.IO 3: payloads that count their characters, and clients that ping.
import { brief, full, Polling, send, Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("engine3");
const POLLING = "EIO=3&transport=polling";
const pack = (...packets) => packets.map((packet) => `${packet.length}:${packet}`).join("");
const END = "4end";

/** What comes back for a payload, up to the answer to END. */
async function polled(server, body, { query = POLLING, type = "text/plain;charset=UTF-8" } = {}) {
  const session = await Polling.open(server, query);
  const posted = await session.post(body, { "content-type": type });
  const heard = [brief(posted)];
  const again = await session.post(pack(END));
  if (again.status !== 200) return [...heard, brief(again)];
  for (let all = ""; !all.includes("4end") && !all.startsWith("1:1"); ) {
    const { status, body: more } = await session.get();
    heard.push(`${status} ${JSON.stringify(more)}`);
    if (status !== 200) break;
    all += more;
  }
  return heard;
}
const payload = (title, body, expected) => add(`payload ${title}`, "engine3", (server) => polled(server, body), expected && ["200 ok", `200 ${JSON.stringify(expected + pack(END))}`]);

// parity: 1.V3-1
for (const body of [pack("4hello"), pack("4a", "4b"), pack("4€a"), pack("4😀"), pack("4"), pack("4é\u0000\n")]) payload(JSON.stringify(body), body, body);
// parity: 1.V3-1
for (const body of [pack("b4AQID"), pack("4a", "b4AQID")]) payload(JSON.stringify(body), body);
// parity: 1.V3-1
for (const body of ["", "4a", ":4a", "3:4a", "1:4a", "-1:4a", "02:4a", "2:4a3:", "2:4ax", "x:4a", "2 :4a", "0:", "2:9a", "99999999999999999999:4a", "1.5:4a", "2:4a2:9x2:4b", "1:b", "2:b4"]) payload(`malformed ${JSON.stringify(body)}`, body);
// parity: 1.V3-3
payload("ping", pack("2"), pack("3"));
payload("ping with data", pack("2probe"));
// parity: 1.V3-1
const BYTES = Buffer.concat([Buffer.from([0, 2, 255]), Buffer.from("4a"), Buffer.from([1, 4, 255, 4, 1, 2, 3])]);
add("binary payload", "engine3", async (server) => {
  const session = await Polling.open(server, POLLING);
  const posted = brief(await session.post(BYTES, { "content-type": "application/octet-stream" }));
  const answer = await session.get();
  return [posted, answer.headers["content-type"], Buffer.from(answer.body).toString("hex")];
});
for (const [title, bytes] of [["no separator", [0, 2]], ["a length of eleven digits", [0, ...Array(11).fill(9), 255, 0x34]], ["too short", [0, 9, 255, 0x34]], ["a reserved kind", [2, 1, 255, 0x34]], ["an unknown packet", [1, 1, 255, 9]]]) {
  add(`binary payload with ${title}`, "engine3", (server) => polled(server, Buffer.from(bytes), { type: "application/octet-stream" }));
}
// parity: 1.V3-3
add("b64=1", "engine3", (server) => polled(server, pack("b4AQID"), { query: `${POLLING}&b64=1` }), ["200 ok", `200 ${JSON.stringify(pack("b4AQID", END))}`]);
// parity: 1.P10
for (const j of ["0", "12", "x1y", "", "%27"]) add(`JSONP, j=${j}`, "engine3", async (server) => (await full(server, `?${POLLING}&j=${j}`)).body.replace(/"(\d+):/, '"<n>:'));
// parity: 1.P10
for (const [title, text] of [["plain", "4a"], ["line separators", "4\u2028\u2029"], ["quotes", `4"'\\`], ["a line", "4a\\nb"], ["markup", "4</script>"]]) {
  add(`JSONP with ${title}`, "engine3", async (server) => {
    const session = await Polling.open(server, `${POLLING}&j=3`);
    const posted = brief(await session.post(`d=${encodeURIComponent(pack(text))}`, { "content-type": "application/x-www-form-urlencoded" }));
    const { status, headers, body } = await session.get();
    return [posted, status, headers["content-type"], body];
  });
}
// parity: 1.V3-5
for (const query of ["?transport=polling", "?EIO=3&transport=polling", "?EIO=2&transport=polling", "?EIO=4&transport=polling"]) {
  add(`handshake ${query}`, "engine3", async (server) => (await send(server, query)).body.replace(/"sid":"[^"]+"/, '"sid":"<sid>"'));
}
// parity: 1.V3-2
for (const [title, frames] of [["text", ["4a"]], ["bytes", [Buffer.from([4, 1, 2, 3])]], ["bytes of no length", [Buffer.from([4])]], ["an unknown packet", ["9"]], ["bytes of an unknown packet", [Buffer.from([9, 1])]], ["no type", [Buffer.alloc(0)]], ["base64", ["b4AQID"]], ["a pong", ["3"]], ["a close packet", ["1"]]]) {
  add(`frame of ${title}`, "engine3", async (server) => {
    const wire = await Wire.ready(server, "?EIO=3&transport=websocket");
    wire.send(...frames, END);
    return wire.until(END);
  });
}
// parity: 1.V3-3 1.H3
add("the client pings, and is closed when it stops", "engine3", async (server) => {
  const wire = await Wire.ready(server, "?EIO=3&transport=websocket");
  const from = Date.now();
  wire.socket.send("2");
  const pong = await wire.read();
  const end = await wire.until();
  const took = Date.now() - from;
  return [pong, end, took >= 400 && took < 1_000 ? "in time" : took];
}, ["3", ["closed 1005"], "in time"]);
