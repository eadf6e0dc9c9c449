// Engine.IO 4: payloads and frames against an engine that sends every message back.
import { brief, Polling, RS, Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("engine");
const END = "4end";

async function polled(server, body, type = "text/plain;charset=UTF-8") {
  const session = await Polling.open(server);
  const posted = await session.post(body, type === undefined ? {} : { "content-type": type });
  const again = posted.status === 200 || posted.status === 413 ? await session.post(END) : undefined;
  return [brief(posted), ...(again?.status === 200 ? await session.until(END) : [again ? brief(again) : brief(await session.get())])];
}
const payload = (title, body, expected) => add(`payload ${title}`, "engine4", (server) => polled(server, body), expected && ["200 ok", ...expected, END]);

// parity: 1.E1 1.E3
for (const [body, expected] of [
  ["4hello", ["4hello"]],
  [`4a${RS}4b${RS}4c`, ["4a", "4b", "4c"]],
  ["bAQIDBA==", ["bAQIDBA=="]],
  [`4a${RS}bAQID${RS}4b`, ["4a", "bAQID", "4b"]],
  ["4é€😀", ["4é€😀"]],
  ["4\n\t\\ \"'<>&", ["4\n\t\\ \"'<>&"]],
  ["4\u0000", ["4\u0000"]],
  ["4", ["4"]],
  ["44", ["44"]],
  ["4b", ["4b"]],
  ["b", ["b"]],
  ["3", []],
  ["3probe", []],
  ["0", []],
  ["0{}", []],
  ["5", []],
  ["6", []],
  [`0${RS}5${RS}6${RS}4x`, ["4x"]],
]) payload(JSON.stringify(body), body, expected);
// parity: 1.E3 1.E5
for (const body of ["", RS, `4a${RS}`, `${RS}4a`, `4a${RS}${RS}4b`, "7", "9x", "a", "x", "-4", " 4", "2", "2probe", "1", `4a${RS}1${RS}4b`, `4a${RS}9${RS}4b`, "abc", "B", "\ufeff4a", "40".repeat(3)]) payload(JSON.stringify(body), body);
// parity: 1.E6
for (const text of ["AQI", "AQ", "A", "-_-_", "AQ*ID", "AQ==ID", "=", "====", "AQID\n", " AQID", "+/+/", "é"]) payload(`b${JSON.stringify(text)}`, `b${text}`);
// parity: 1.P4
for (const type of ["application/octet-stream", "application/json", "application/x-www-form-urlencoded", "text/html", "", "multipart/form-data", "APPLICATION/OCTET-STREAM", "application/octet-stream; x=1", undefined]) {
  add(`content type ${type}`, "engine4", (server) => polled(server, "4a", type));
}
// parity: 1.E3
add("bytes that are no UTF-8", "engine4", (server) => polled(server, Buffer.from([0x34, 0xff, 0xc3, 0x28])));
// parity: 1.P5
for (const [title, size] of [["at the limit", 1_000_000], ["one byte over it", 1_000_001]]) {
  add(`payload ${title}`, "engine4", async (server) => {
    const heard = await polled(server, "4".padEnd(size, "x"));
    return heard.map((item) => (item.length > 100 ? `${item.slice(0, 3)}… ${item.length}` : item));
  }, title === "at the limit" ? ["200 ok", "4xx… 1000000", END] : ["413", END]);
}
// parity: 1.P5
add("an announced length over the limit", "engine4", async (server) => {
  const session = await Polling.open(server);
  return brief(await session.post("é".repeat(500_001)));
}, "413");

async function framed(server, frames, query) {
  const wire = await Wire.ready(server, query);
  wire.send(...frames, END);
  return wire.until(END);
}
const BIN = Buffer.from([1, 2, 3]);
const frames = (title, list, expected) => add(`frames ${title}`, "engine4", (server) => framed(server, list), expected && [...expected, END]);
// parity: 1.E1 1.E2 1.E8
for (const [list, expected] of [
  [["4hello"], ["4hello"]], [[BIN], ["<010203>"]], [[Buffer.alloc(0)], ["<>"]], [["bAQID"], ["<010203>"]], [["b"], ["<>"]], [["bAQ"], ["<01>"]], [["4"], ["4"]], [["4é€😀\u0000"], ["4é€😀\u0000"]],
  [["0", "5", "6", "3", "3probe"], []], [["4a", BIN, "4b"], ["4a", "<010203>", "4b"]], [[`4a${RS}4b`], [`4a${RS}4b`]], [[(socket) => socket.ping("x"), "4a"], ["4a"]],
  [[(socket) => socket.send("4ab", { fin: false }), (socket) => socket.send("cd", { fin: true })], ["4abcd"]],
]) frames(JSON.stringify(list.map((item) => (typeof item === "function" ? item.toString().slice(0, 30) : item.toString()))), list, expected);
// parity: 1.W3
frames("close packet", ["1"], []);
// parity: 1.E5 1.P11
for (const frame of ["", "7", "9", "x", "2", "2probe", " 4", "-"]) add(`frame ${JSON.stringify(frame)}`, "engine4", (server) => framed(server, [frame]), ["closed 1005"]);
// parity: 1.W2
add("frame at the limit", "engine4", async (server) => (await framed(server, ["4".padEnd(1_000_000, "x")])).map((item) => item.length), [1_000_000, 4]);
for (const [title, frame] of [["text", "4".padEnd(1_000_001, "x")], ["binary", Buffer.alloc(1_000_001)]]) add(`frame of ${title} over the limit`, "engine4", (server) => framed(server, [frame]), ["closed 1009"]);
// parity: 1.W2
for (const [title, bytes] of [
  ["a reserved bit", [0xc1, 0x80, 0, 0, 0, 0]], ["a reserved opcode", [0x83, 0x80, 0, 0, 0, 0]], ["no mask", [0x81, 0x01, 0x34]], ["a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0]],
  ["a long ping", [0x89, 0xfe, 0, 126, 0, 0, 0, 0]], ["a ping in fragments", [0x09, 0x80, 0, 0, 0, 0]], ["text that is no UTF-8", [0x81, 0x82, 0, 0, 0, 0, 0x34, 0xff]],
  ["a close of one byte", [0x88, 0x81, 0, 0, 0, 0, 3]], ["a close of code 1005", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed]], ["a close of code 999", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe7]], ["a close of code 3000", [0x88, 0x82, 0, 0, 0, 0, 0x0b, 0xb8]], ["an empty close", [0x88, 0x80, 0, 0, 0, 0]],
]) {
  add(`raw frame: ${title}`, "engine4", async (server) => {
    const wire = await Wire.ready(server);
    wire.socket._socket.write(Buffer.from(bytes));
    return wire.until();
  });
}
// parity: 1.E4
add("b64=1 on a websocket", "engine4", (server) => framed(server, [BIN], "?EIO=4&transport=websocket&b64=1"), ["bAQID", END]);
// parity: 1.W5
for (const protocols of [["a", "b"], ["b"], []]) {
  add(`sub-protocols ${protocols}`, "engine4", async (server) => {
    const wire = await Wire.open(server, undefined, { protocols });
    wire.socket.terminate();
    return wire.socket.protocol;
  }, protocols[0] ?? "");
}
// parity: 1.W1
add("permessage-deflate is not negotiated by default", "engine4", async (server) => {
  const wire = await Wire.open(server, undefined, { perMessageDeflate: true });
  wire.socket.terminate();
  return wire.socket.extensions;
}, "");
// parity: 1.H1
add("pings come at the interval, and who does not answer is closed, websocket", "engine4", async (server) => {
  const wire = await Wire.ready(server);
  wire.socket.removeAllListeners("message");
  const from = Date.now();
  const heard = [];
  wire.socket.on("message", (data) => heard.push([data.toString(), Date.now() - from >= 200 && Date.now() - from < 500]));
  const end = await wire.until();
  const took = Date.now() - from;
  return [heard, end, took >= 400 && took < 1_000 ? "in time" : took];
}, [[["2", true]], ["closed 1005"], "in time"]);
// parity: 1.H1
add("pings come at the interval, polling", "engine4", async (server) => {
  const session = await Polling.open(server);
  const first = brief(await session.get());
  const silent = brief(await session.get());
  return [first, silent, brief(await session.get())];
}, ["200 2", "200 1", '400 {"code":1,"message":"Session ID unknown"}']);
// parity: 1.P1 1.P2
for (const method of ["GET", "POST"]) {
  add(`two requests ${method} at a time`, "engine4", async (server) => {
    const session = await Polling.open(server);
    const { connect } = await import("node:net");
    const path = `${server.path}${session.query}`;
    let first = "";
    const held = connect(server.port, "127.0.0.1", () => held.write(method === "GET" ? `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n` : `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n4a`));
    held.on("data", (chunk) => (first += chunk));
    held.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 60));
    const second = brief(method === "GET" ? await session.get() : await session.post("4b"));
    await new Promise((resolve) => setTimeout(resolve, 60));
    held.destroy();
    const after = brief(await session.get());
    return { first: first && `${first.slice(9, 12)} ${first.split("\r\n\r\n")[1]}`.trimEnd(), second, after };
  }, method === "GET" ? { first: "200 1", second: "400", after: '400 {"code":1,"message":"Session ID unknown"}' } : undefined);
}
