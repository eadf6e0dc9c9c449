// Connection state recovery: ids, offsets, what is replayed.
import { setTimeout as sleep } from "node:timers/promises";
import { Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("recovery");

const parse = (packet) => JSON.parse(packet.slice(packet.search(/[{[]/)));

/** A joined client and what it knows of its session. */
async function joined(server) {
  const wire = await Wire.ready(server);
  wire.send("40");
  const { sid, pid } = parse(await wire.read());
  const offset = parse(await wire.read()).at(-1);
  return { wire, sid, pid, offset };
}

/** A CONNECT that asks for a session; what comes, in order, ids told as old or new. */
async function back(server, { sid, pid, offset }, namespace = "") {
  const wire = await Wire.ready(server);
  wire.send(`40${namespace}${JSON.stringify({ pid, offset })}`);
  const heard = [];
  for (let item; (item = await wire.read(150)) !== "silence"; ) {
    const data = item.startsWith("40") ? parse(item) : undefined;
    heard.push(data ? `40 ${data.sid === sid ? "old" : "new"} sid, ${data.pid === pid ? "old" : "new"} pid` : item.replace(/,"[^"]*"\]$/, ",<offset>]").replace(/\["auth",\{.+\},/, '["auth",{…},'));
    if (item.startsWith("closed")) break;
  }
  wire.socket.terminate();
  return heard;
}

async function left(state) {
  state.wire.socket.terminate();
  await sleep(50);
  return state;
}

// parity: 7.1
add("CONNECT has sid and pid, events have an offset", "recovery", async (server) => {
  const wire = await Wire.ready(server);
  wire.send("40");
  const connect = Object.keys(parse(await wire.read()));
  const auth = parse(await wire.read());
  wire.send('42["message",1]', '42["message"]', '42["message","text"]');
  const lengths = [];
  for (let i = 0; i < 3; i++) lengths.push(parse(await wire.read()).length);
  wire.socket.terminate();
  return [connect, auth.length, typeof auth.at(-1), lengths];
}, [["sid", "pid"], 3, "string", [3, 2, 3]]);
// parity: 7.1
add("an ack has no offset", "recovery", async (server) => {
  const { wire } = await joined(server);
  wire.send('427["message-with-ack",1]');
  const heard = await wire.read();
  wire.socket.terminate();
  return heard;
}, "437[1]");
// parity: 7.1
add("an event with bytes has an offset after them", "recovery", async (server) => {
  const { wire } = await joined(server);
  wire.send('451-["message",{"_placeholder":true,"num":0}]', Buffer.from([1, 2]));
  const heard = [parse(await wire.read()).length, await wire.read()];
  wire.socket.terminate();
  return heard;
}, [3, "<0102>"]);
// parity: 7.4
add("who comes back with the last offset is the same socket", "recovery", async (server) => back(server, await left(await joined(server))));
// parity: 7.4 7.5
add("who missed events gets them", "recovery", async (server) => {
  const state = await joined(server);
  state.wire.send('42["message",1]', '42["message",2]');
  await state.wire.read();
  await state.wire.read();
  return back(server, await left(state));
});
// parity: 7.2
add("without an offset a new session begins", "recovery", async (server) => back(server, { ...(await left(await joined(server))), offset: undefined }));
// parity: 7.4
add("an unknown offset begins a new session", "recovery", async (server) => back(server, { ...(await left(await joined(server))), offset: "nothing" }));
add("an unknown pid begins a new session", "recovery", async (server) => back(server, { ...(await left(await joined(server))), pid: "nobody" }));
for (const wrong of [1, null, {}, [], true]) {
  add(`a pid of ${JSON.stringify(wrong)} begins a new session`, "recovery", async (server) => back(server, { ...(await left(await joined(server))), pid: wrong }));
  add(`an offset of ${JSON.stringify(wrong)} begins a new session`, "recovery", async (server) => back(server, { ...(await left(await joined(server))), offset: wrong }));
}
// parity: 7.4
add("a session of another namespace is not known there", "recovery", async (server) => back(server, await left(await joined(server)), "/custom,"));
// parity: 7.3
add("who said goodbye begins anew", "recovery", async (server) => {
  const state = await joined(server);
  state.wire.send("41");
  await sleep(50);
  return back(server, await left(state));
});
// parity: 7.6
add("a session is asked for twice", "recovery", async (server) => {
  const state = await left(await joined(server));
  return [await back(server, state), await back(server, state)];
});
// parity: 7.6
add("the old socket still looks alive", "recovery", async (server) => {
  const state = await joined(server);
  const heard = await back(server, state);
  state.wire.socket.terminate();
  return heard;
});
