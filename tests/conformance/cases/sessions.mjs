// How sessions live and end: requests that are cut, close packets, what leaves with an upgrade, the heartbeat.
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { brief, Polling, RS, Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("sessions");
const UNKNOWN = '400 {"code":1,"message":"Session ID unknown"}';

/** Long enough for what was sent before to have arrived. */
const settled = () => sleep(80);

/** A connection that these bytes were written to; `read` waits until what came ends in `end`, or it is over. */
function raw(server, bytes) {
  let seen = Buffer.alloc(0);
  const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes));
  socket.on("error", () => {});
  socket.on("data", (chunk) => (seen = Buffer.concat([seen, chunk])));
  const read = async (end) => {
    for (let round = 0; round < 200 && !seen.includes(end) && !socket.closed; round++) await sleep(10);
    return seen;
  };
  return { socket, read };
}

const upgrade = (server) =>
  `GET ${server.path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** A client's text frame, masked with zeros. */
const frame = (text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

// parity: 1.P3
for (const method of ["GET", "POST"]) {
  add(`a ${method} that is cut ends the session`, "engine4", async (server) => {
    const session = await Polling.open(server);
    const target = `${server.path}${session.query} HTTP/1.1\r\nHost: x\r\n`;
    const { socket } = raw(server, method === "GET" ? `GET ${target}\r\n` : `POST ${target}Content-Type: text/plain\r\nContent-Length: 10\r\n\r\n4a`);
    await settled();
    socket.destroy();
    await settled();
    return brief(await session.post("4b"));
  }, UNKNOWN);
}
// parity: 1.P6
add("a POST is answered when all of it has been handled", "engine4", async (server) => {
  const session = await Polling.open(server);
  const posted = brief(await session.post(["4a", "4b", "4c"].join(RS)));
  const { body } = await session.get();
  // A ping may be among them.
  return [posted, ...body.split(RS).filter((packet) => packet !== "2")];
}, ["200 ok", "4a", "4b", "4c"]);
// parity: 1.P6 1.C2
add("a POST is answered in order though what it says ends the session", "engine4", async (server) => {
  const session = await Polling.open(server);
  return [brief(await session.post(`4a${RS}9${RS}4b`)), (await session.until("4b")).filter((packet) => packet !== "6")];
});
// parity: 1.P7
add("a close packet ends the waiting GET with a noop, and what follows it is dropped", "engine4", async (server) => {
  const session = await Polling.open(server);
  const held = session.get();
  await settled();
  const posted = brief(await session.post(`1${RS}4late`));
  return [posted, brief(await held), brief(await session.get())];
}, ["200 ok", "200 6", UNKNOWN]);
add("a close packet without a waiting GET", "engine4", async (server) => {
  const session = await Polling.open(server);
  return [brief(await session.post(`4a${RS}1`)), brief(await session.get())];
}, ["200 ok", UNKNOWN]);
// parity: 1.P8
add("a session that the server ends says so to the next GET", "socketio5", async (server) => {
  const session = await Polling.joined(server);
  const posted = brief(await session.post("42[]"));
  return [posted, (await session.until("1")).filter((packet) => packet !== "6"), brief(await session.get())];
}, ["200 ok", ["1"], UNKNOWN]);
// parity: 1.P8
add("a session that the server ends says so to the GET that waits", "socketio5", async (server) => {
  const session = await Polling.joined(server);
  const held = session.until("1");
  await settled();
  const posted = brief(await session.post("42[]"));
  return [posted, (await held).filter((packet) => packet !== "6"), brief(await session.get())];
}, ["200 ok", ["1"], UNKNOWN]);
// parity: 1.W4
add("the close frame of the server has no code", "engine4", async (server) => {
  const { socket, read } = raw(server, upgrade(server));
  await read('"maxPayload"');
  socket.write(frame("9"));
  const seen = await read(Buffer.from([0x88, 0x00]));
  socket.destroy();
  return seen.subarray(-2).toString("hex");
}, "8800");
// parity: 1.W9
add("what leaves in one write with the upgrade is not lost", "engine4", async (server) => {
  const { socket, read } = raw(server, Buffer.concat([Buffer.from(upgrade(server)), frame("4early"), frame("4end")]));
  const seen = (await read("4end")).toString("latin1");
  socket.destroy();
  return [seen.slice(9, 12), seen.indexOf('0{"sid"') < seen.indexOf("4early"), seen.indexOf("4early") < seen.indexOf("4end")];
}, ["101", true, true]);
// parity: 1.W9
for (const [title, garbage] of [["reserved bits", [0xf1, 0x80, 0, 0, 0, 0]], ["no mask", [0x81, 0x01, 0x34]], ["a reserved opcode", [0x83, 0x80, 0, 0, 0, 0]]]) {
  add(`${title} in one write with the upgrade end that connection alone`, "engine4", async (server) => {
    const { socket, read } = raw(server, Buffer.concat([Buffer.from(upgrade(server)), Buffer.from(garbage)]));
    const seen = await read(Buffer.from([0x88, 0x02]));
    socket.destroy();
    return [seen.subarray(9, 12).toString(), seen.subarray(-4).toString("hex"), (await Polling.open(server)).sid.length];
  }, ["101", "880203ea", 20]);
}
// parity: 1.H2
add("another packet gives time for the pong, once", "engine4", async (server) => {
  // On a busy machine a packet may come too late to show anything.
  for (let round = 0; round < 5; round++) {
    const wire = await Wire.ready(server);
    let pinged;
    wire.socket.prependListener("message", (data) => data.toString() === "2" && (pinged ??= Date.now()));
    // The pong that a client owes is kept back.
    const send = wire.socket.send.bind(wire.socket);
    wire.socket.send = (data, ...more) => data === "3" || send(data, ...more);
    while (!pinged) await sleep(5);
    await sleep(120);
    wire.send("4a");
    const first = Date.now() - pinged;
    await sleep(120);
    wire.send("4b");
    const second = Date.now() - pinged;
    const heard = await wire.until();
    if (first < 160 && second > 220 && second < 290) return heard;
  }
  return "too busy a machine";
}, ["4a", "4b", "closed 1005"]);
// parity: 1.C2
add("what was said before the end leaves, and nothing after it", "engine4", async (server) => {
  const wire = await Wire.ready(server);
  wire.send("4a", "9", "4b");
  return wire.until();
}, ["4a", "closed 1005"]);
// parity: 2.N8
for (const transport of ["websocket", "polling"]) {
  add(`events and answers in order, each answer once, ${transport}`, "socketio5", async (server) => {
    const packets = Array.from({ length: 20 }, (_, i) => (i % 2 ? `42["message",${i}]` : `42${i}["message-with-ack",${i}]`));
    const last = '4299["message-with-ack","end"]';
    if (transport === "websocket") {
      const wire = await Wire.joined(server);
      wire.send(...packets, last);
      return wire.until('["end"]');
    }
    const session = await Polling.joined(server);
    await session.post([...packets, last].join(RS));
    return session.until('["end"]');
  }, [...Array.from({ length: 20 }, (_, i) => (i % 2 ? `42["message-back",${i}]` : `43${i}[${i}]`)), '4399["end"]']);
}
// parity: 2.N4
add("an unknown namespace is refused, and those that were joined live", "socketio5", async (server) => {
  const wire = await Wire.joined(server);
  wire.send('40/nowhere,{"token":"x"}', '427["message-with-ack",1]');
  return wire.until("437[1]");
}, ['44/nowhere,{"message":"Invalid namespace"}', "437[1]"]);
