// The change from polling to websocket.
import { setTimeout as sleep } from "node:timers/promises";
import { brief, Polling, Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("upgrade");

async function trial(server) {
  const session = await Polling.open(server);
  return { session, wire: await Wire.open(server, `?EIO=4&transport=websocket&sid=${session.sid}`) };
}

// parity: 1.U2 1.U4
add("probe, change, messages", "engine4", async (server) => {
  const { session, wire } = await trial(server);
  await session.post("4before");
  wire.send("2probe");
  const heard = [await wire.read()];
  wire.send("5", "4after");
  heard.push(await wire.read(), await wire.read());
  wire.socket.terminate();
  return heard;
}, ["3probe", "4before", "4after"]);
// parity: 1.U2
add("a waiting GET is ended by a noop", "engine4", async (server) => {
  const { session, wire } = await trial(server);
  const held = session.get();
  wire.send("2probe");
  const heard = [await wire.read(), brief(await held)];
  wire.socket.terminate();
  return heard;
}, ["3probe", "200 6"]);
// parity: 1.U3
for (const frame of ["9", "1", "3", "4a", "6", "0", "", "2", "2Probe", "2probe2"]) {
  add(`${JSON.stringify(frame)} in place of the probe`, "engine4", async (server) => {
    const { session, wire } = await trial(server);
    wire.send(frame);
    const end = await wire.read(400);
    wire.socket.terminate();
    await session.post("4lives");
    return [end, (await session.until("4lives")).at(-1)];
  });
}
// parity: 1.U4
add("change without a probe", "engine4", async (server) => {
  const { wire } = await trial(server);
  wire.send("5", "4a");
  const heard = await wire.read();
  wire.socket.terminate();
  return heard;
}, "4a");
// parity: 1.U1
for (const state of ["under trial", "changed"]) {
  add(`a second websocket, ${state}`, "engine4", async (server) => {
    const { session, wire } = await trial(server);
    wire.send("2probe");
    await wire.read();
    if (state === "changed") wire.send("5", "4a");
    if (state === "changed") await wire.read();
    const second = await Wire.open(server, `?EIO=4&transport=websocket&sid=${session.sid}`);
    const end = await second.read();
    wire.socket.terminate();
    return end;
  }, "closed 1005");
}
// parity: 1.U6
for (const method of ["GET", "POST"]) {
  add(`${method} after the change`, "engine4", async (server) => {
    const { session, wire } = await trial(server);
    wire.send("5", "4a");
    await wire.read();
    const refused = brief(await (method === "GET" ? session.get() : session.post("4x")));
    wire.send("4lives");
    const lives = await wire.read();
    wire.socket.terminate();
    return [refused, lives];
  }, ['400 {"code":3,"message":"Bad request"}', "4lives"]);
}
// parity: 1.U7
for (const [title, leave] of [["closes", (socket) => socket.close()], ["is cut", (socket) => socket.terminate()]]) {
  add(`a trial that ${title} leaves the session on polling`, "engine4", async (server) => {
    const { session, wire } = await trial(server);
    wire.send("2probe");
    await wire.read();
    leave(wire.socket);
    await sleep(50);
    await session.post("4lives");
    // A noop of the trial may come first.
    return (await session.until("4lives")).at(-1);
  }, "4lives");
}
// parity: 1.U8
add("the heartbeat goes on after the change", "engine4", async (server) => {
  const { wire } = await trial(server);
  wire.send("5");
  await sleep(1_200);
  wire.send("4lives");
  const heard = await wire.read();
  wire.socket.terminate();
  return heard;
}, "4lives");
