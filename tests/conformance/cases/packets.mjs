// Socket.IO packets, over both transports: what is answered, and whether the connection lives.
import { Polling, RS, Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("packets");

const MARKER = '42999["message-with-ack","alive"]';
const ALIVE = '43999["alive"]';

/** What a greeted client hears of these packets. */
async function heard(server, frames, joined = true) {
  const wire = joined ? await Wire.joined(server) : await Wire.ready(server);
  wire.send(...frames, MARKER);
  return wire.until(ALIVE);
}

/** The same in one payload; binary as base64. */
async function polled(server, frames) {
  const session = await Polling.joined(server);
  const { status, body } = await session.post([...frames, MARKER].map((frame) => (typeof frame === "string" ? frame : `b${frame.toString("base64")}`)).join(RS));
  // Whether a noop comes before the close packet, tests/interop/raw looks at.
  return [`${status} ${body}`.trimEnd(), ...(await session.until(ALIVE)).filter((packet) => packet !== "6")];
}

const both = (title, frames, expected) => {
  add(`${title}, websocket`, "socketio5", (server) => heard(server, frames), expected && [...expected, ALIVE]);
  add(`${title}, polling`, "socketio5", (server) => polled(server, frames), expected && ["200 ok", ...expected, ALIVE]);
};
/** A packet that ends the connection. */
const closes = (title, frames) => {
  add(`${title}, websocket`, "socketio5", (server) => heard(server, frames), ["closed 1005"]);
  add(`${title}, polling`, "socketio5", (server) => polled(server, frames), ["200 ok", "1"]);
};

const BIN = Buffer.from([1, 2, 3]);
const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;

// parity: 2.S6
for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
  closes(`reserved name ${name}`, [`42["${name}"]`]);
}
// parity: 2.S6
for (const packet of ["42[]", "42{}", '42"x"', "42[null]", "42[true]", "42[{}]", "42[[]]", "42null", "42[", '42["message"', "42,"]) {
  closes(`event ${packet}`, [packet]);
}
// parity: 2.S6
for (const name of ["error", "message", "connection", "new_namespace", "__proto__", "constructor", "", "hasOwnProperty", "toString", "é€😀"]) {
  both(`legal name ${JSON.stringify(name)}`, [`42${JSON.stringify([name, 1])}`], name === "message" ? ['42["message-back",1]'] : []);
}
// parity: 2.S6
for (const packet of ["42", "42 ", "42[0]", "42[1.5]", '42[-1,"x"]']) both(`event ${packet}`, [packet], []);

// parity: 2.S7
for (const data of ["[]", '"s"', "null", "true", "{", "{}x"]) {
  add(`CONNECT with ${data}`, "socketio5", (server) => heard(server, [`40${data}`], false), ["closed 1005"]);
}
for (const packet of ["41{}", "41[]", '41"x"', "431{}", '431"x"', "43[", "44{}", '44"x"', '44{"message":"x"}', "44"]) closes(`packet ${packet}`, [packet]);
both("ACK that nobody asked for", ["431[]"], []);
both("ACK without arguments", ["431"], []);
both("ACK without an id", ["43[]"]);

// parity: 2.S8
for (const type of ["7", "8", "9", "a", "-1", " ", "\u0000", "é"]) closes(`type ${JSON.stringify(type)}`, [`4${type}`]);
// parity: 2.S8
for (const json of ['["message",]', "['message']", '["message",01]', '["message",+1]', '["message",.5]', '["message",NaN]', '["message",undefined]', '["message"]x', '["message","\n"]', '["message","\\x"]', '["message","\\u12"]', '["message",{1:2}]']) {
  closes(`JSON ${JSON.stringify(json)}`, [`42${json}`]);
}

// parity: 2.S5
for (const [id, shown] of [["0", "0"], ["7", "7"], ["007", "7"], ["9007199254740991", "9007199254740991"], [" ", "0"], ["9007199254740993"], ["123456789012345678901234567890"], ["1.5"], ["-1"], ["1e3"], ["0x10"], ["1 2"]]) {
  both(`ack id ${JSON.stringify(id)}`, [`42${id}["message-with-ack",1,{"2":[true]}]`], shown && [`43${shown}[1,{"2":[true]}]`]);
}

// parity: 2.S9
for (const value of ["null", "1.0", "-0", "1e400", "-1e400", "5e-324", "1e21", "0.1", "9007199254740993", "18446744073709551615", "100000000000000000000", '"\\ud800"', '"\\u0000"', '"\\/"', '"\\u2028\\u2029"', '"\u2028"', '{"a":1,"a":2}', '{"__proto__":{"x":1}}', '{"b":1,"a":2}', '{"2":1,"1":2}', "[]", "{}", '" "', "[[[[[[]]]]]]", "true, false", '"\\u00e9\\ud83d\\ude00"', '"\u007f"', "1E2", "123456789.123456789", "1e-7"]) {
  both(`value ${JSON.stringify(value)}`, [`42["message",${value}]`]);
}

// parity: 2.S4
both("attachment", [`451-["message",${placeholder(0)}]`, BIN]);
both("attachment of no bytes", [`451-["message",${placeholder(0)}]`, Buffer.alloc(0)]);
both("two attachments, nested", [`452-["message",{"a":[${placeholder(1)}],"b":${placeholder(0)}}]`, BIN, Buffer.from([9])]);
both("one attachment twice", [`451-["message",${placeholder(0)},${placeholder(0)}]`, BIN]);
both("attachment that nothing names", ['451-["message",1]', BIN]);
both("placeholder in a plain event", [`42["message",${placeholder(0)}]`], [`42["message-back",${placeholder(0)}]`]);
both("placeholder with more keys", [`451-["message",{"_placeholder":true,"num":0,"x":1}]`, BIN]);
both("placeholder that says false", [`451-["message",{"_placeholder":false,"num":0}]`, BIN]);
both("placeholder with the number first", [`451-["message",{"num":0,"_placeholder":true}]`, BIN]);
both("binary ack", [`451-7["message-with-ack",${placeholder(0)}]`, BIN], undefined);
add("binary event to a namespace", "socketio5", async (server) => {
  const wire = await Wire.joined(server);
  wire.send("40/custom");
  await wire.read();
  await wire.read();
  wire.send(`451-/custom,["message",${placeholder(0)}]`, BIN);
  return [await wire.read(), ...(await wire.until(">"))];
}, [`451-/custom,["message-back",${placeholder(0)}]`, "<010203>"]);
both("ten attachments", [`4510-["message",${Array.from({ length: 10 }, (_, i) => placeholder(i))}]`, ...Array(10).fill(BIN)]);
for (const num of ["1", "-1", '"0"', "null", "1e400", '"length"', "[0]"]) closes(`placeholder of index ${num}`, [`451-["message",${placeholder(num)}]`, BIN]);
both("placeholder of index 0.5", [`451-["message",${placeholder("0.5")}]`, BIN]);
closes("placeholder without an index", ['451-["message",{"_placeholder":true}]', BIN]);
closes("binary event name", [`451-[${placeholder(0)}]`, BIN]);

// parity: 2.S2
for (const head of ["4511-", "450-", "45", "45-", "451", "45-1-", "451.5-", "4599999999999999999999-", "45x-", "460-", "4611-"]) {
  closes(`attachments announced as ${head}`, [`${head}["message",${placeholder(0)}]`, BIN]);
}
for (const head of ["4501-", "451e0-", "45 1-"]) both(`attachments announced as ${head}`, [`${head}["message",${placeholder(0)}]`, BIN]);
// parity: 2.S3
closes("text while attachments are awaited", [`451-["message",${placeholder(0)}]`, '42["message",1]', BIN]);
closes("binary without a packet", [BIN]);
closes("one attachment too many", [`451-["message",${placeholder(0)}]`, BIN, BIN]);

// parity: 2.S1 2.N4
for (const packet of ["40/", "40/,", "40/custom", "40/custom,", '40/custom,{"token":"x"}', "40/nowhere", "40/custom?x=1,", "40/nowhere,{}", "40/Custom", "40/custom/", "40//", '40/é{}', "40/a b,", '40/"quoted",', "40custom", "40/custom,{} "]) {
  add(`CONNECT ${packet}`, "socketio5", async (server) => {
    const wire = await Wire.ready(server);
    wire.send(packet);
    const first = await wire.read(300);
    wire.send("40");
    const rest = await wire.until('["auth",{}]');
    return [first.replace(/"sid":"[^"]+"/, '"sid":"<sid>"'), ...rest];
  });
}
// parity: 2.N1
add("anything before CONNECT, event", "socketio5", (server) => heard(server, ['42["message",1]'], false), ["closed 1005"]);
add("anything before CONNECT, ack", "socketio5", (server) => heard(server, ["431[]"], false), ["closed 1005"]);
add("anything before CONNECT, disconnect", "socketio5", (server) => heard(server, ["41"], false), ["closed 1005"]);
add("anything before CONNECT, bytes", "socketio5", (server) => heard(server, [BIN], false), ["closed 1005"]);
// parity: 2.N2
add("a second CONNECT", "socketio5", (server) => heard(server, ["40"]), ["closed 1005"]);
// parity: 2.N3
for (const packet of ['42/custom,["message",1]', "43/custom,1[]", "41/custom,", '42/nowhere,["message",1]', `451-/custom,["message",${placeholder(0)}]`]) {
  closes(`not joined: ${packet}`, packet.startsWith("45") ? [packet, BIN] : [packet]);
}
// parity: 2.N5
add("after DISCONNECT the connection stays and may join again", "socketio5", async (server) => {
  const wire = await Wire.joined(server);
  wire.send("41");
  await new Promise((resolve) => setTimeout(resolve, 100));
  wire.send('40{"again":1}');
  const heard = [await wire.read(), await wire.read()];
  wire.send(MARKER);
  return [heard[0].replace(/"sid":"[^"]+"/, '"sid":"<sid>"'), heard[1], ...(await wire.until(ALIVE))];
}, ['40{"sid":"<sid>"}', '42["auth",{"again":1}]', ALIVE]);
add("after DISCONNECT an event closes", "socketio5", async (server) => {
  const wire = await Wire.joined(server);
  wire.send("41");
  // In the same turn the reference would still find the socket, and drop the event.
  await new Promise((resolve) => setTimeout(resolve, 100));
  wire.send('42["message",1]', MARKER);
  return wire.until(ALIVE);
}, ["closed 1005"]);
// parity: 2.N6
for (const transport of ["websocket", "polling"]) {
  add(`who joins nothing in a second is closed, ${transport}`, "socketio5", async (server) => {
    const from = Date.now();
    const heard = transport === "polling" ? await (await Polling.open(server)).until("1") : await (await Wire.ready(server)).until();
    const took = Date.now() - from;
    return [...heard, took > 800 && took < 2_500 ? "about a second" : took];
  }, [transport === "polling" ? "1" : "closed 1005", "about a second"]);
}
// parity: 2.N7
for (const auth of ["", "{}", '{"token":"123"}', '{"a":{"b":[1,null,"é"]}}', '{"token":null}']) {
  add(`auth ${auth || "absent"} comes back in the greeting`, "socketio5", async (server) => {
    const wire = await Wire.ready(server);
    wire.send(`40${auth}`);
    return wire.until(`42["auth",${auth || "{}"}]`);
  }, ['40{"sid":<sid>}', `42["auth",${auth || "{}"}]`]);
}
// parity: 2.N8
both("many events in order", Array.from({ length: 50 }, (_, i) => `42["message",${i}]`), Array.from({ length: 50 }, (_, i) => `42["message-back",${i}]`));
