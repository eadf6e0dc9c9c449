// The upgrade from polling to websocket, step by step.
import { after, before, describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "./probe.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { answer, Polling, Wire } from "./wire.mjs";

const RS = "\x1e";

let server, quick;
before(async () => {
  server = await ServerProcess.start();
  quick = await ServerProcess.start({ "upgrade-timeout": 250, "ping-interval": 150, "ping-timeout": 2_000 });
});
after(() => Promise.all([server.stop(), quick.stop()]));

const probe = table("upgrade");

/** A joined polling session with a websocket that was probed. */
async function probed(on = server) {
  const session = await Polling.joined(on);
  const wire = await Wire.upgrade(session);
  wire.send("2probe");
  await wire.read();
  return { session, wire };
}

/** The same, upgraded. */
async function upgraded() {
  const { session, wire } = await probed();
  wire.send("5");
  wire.send('42999["ack one","alive"]');
  await wire.until('43999["alive"]');
  return { session, wire };
}

/** Whether the session goes on over polling. */
async function onPolling(session) {
  const posted = answer(await session.post('42["message","polling"]'));
  return [posted, answer(await session.get())];
}
const LIVES = ["200 ok", '200 42["message","polling"]'];

describe("raw upgrade", () => {
  probe("1 a websocket for an unknown session is refused", async () => (await Wire.open(server, "EIO=4&transport=websocket&sid=nobody")).read(), "closed 1006");
  probe("1 a second websocket while one is upgrading is closed", async () => {
    const { session, wire } = await probed();
    const second = await (await Wire.upgrade(session)).read();
    wire.send("5", '42["message","first"]');
    const first = await wire.read();
    wire.end();
    return [second, first];
  }, ["closed 1005", '42["message","first"]']);
  probe("1 a second websocket after the upgrade is closed", async () => {
    const { session, wire } = await upgraded();
    const second = await (await Wire.upgrade(session)).read();
    wire.send('42["message","first"]');
    const first = await wire.read();
    wire.end();
    return [second, first];
  }, ["closed 1005", '42["message","first"]']);
  probe("2 a probe is answered, each time", async () => {
    const wire = await Wire.upgrade(await Polling.joined(server));
    wire.send("2probe", "2probe");
    const heard = [await wire.read(), await wire.read()];
    wire.end();
    return heard;
  }, ["3probe", "3probe"]);
  probe("2 a pending GET is ended by a noop, and the next one again", async () => {
    const session = await Polling.joined(server);
    const held = session.get();
    await sleep(30);
    const wire = await Wire.upgrade(session);
    const from = Date.now();
    wire.send("2probe");
    const first = answer(await held);
    const second = answer(await session.get());
    const took = Date.now() - from;
    wire.end();
    return [first, second, took >= 90 && took < 1_000];
  }, ["200 6", "200 6", true]);
  probe("2 an upgrade not finished in upgradeTimeout is given up", async () => {
    const { session, wire } = await probed(quick);
    const closed = await wire.read();
    return [closed, (await session.get()).status, await session.state()];
  }, ["closed 1005", 200, "alive"]);
  probe("2 a websocket that never probes is given up", async () => {
    const session = await Polling.joined(quick);
    const wire = await Wire.upgrade(session);
    return [await wire.read(), (await session.get()).status, await session.state()];
  }, ["closed 1005", 200, "alive"]);
  for (const [row, packet] of [
    ["a message", '42["message","early"]'],
    ["a ping without probe", "2"],
    ["a pong", "3"],
    ["a close packet", "1"],
    ["an unknown type", "9"],
    ["an empty frame", ""],
    ["binary", Buffer.from([1])],
  ]) {
    probe(`3 ${row} on the probe closes it, and the session lives on`, async () => {
      const session = await Polling.joined(server);
      const wire = await Wire.upgrade(session);
      wire.send(packet);
      return [await wire.read(), ...(await onPolling(session))];
    }, ["closed 1005", ...LIVES]);
  }
  probe("4 an upgrade without a probe", async () => {
    const session = await Polling.joined(server);
    const wire = await Wire.upgrade(session);
    wire.send("5", '42["message","over websocket"]');
    const heard = await wire.read();
    wire.end();
    return heard;
  }, '42["message","over websocket"]');
  probe("4 what waited is flushed on the websocket, in order", async () => {
    const { session, wire } = await probed();
    await session.post(`42["message",1]${RS}42["message",2]`);
    wire.send("5", '42["message",3]');
    const heard = [await wire.read(), await wire.read(), await wire.read()];
    wire.end();
    return heard;
  }, ['42["message",1]', '42["message",2]', '42["message",3]']);
  probe("4 with a GET pending, it is ended and nothing is lost", async () => {
    const { session, wire } = await probed();
    const held = session.get();
    await sleep(30);
    wire.send("5");
    wire.send('42["message","after"]');
    const heard = await wire.read();
    wire.end();
    return [answer(await held), heard];
  }, ["200 1", '42["message","after"]']);
  probe("4 a session that the server was closing closes with the upgrade", async () => {
    const { session, wire } = await probed();
    await session.post('42["close me"]');
    wire.send("5");
    const heard = await wire.until();
    return [heard, await session.state()];
  }, [["41", "closed 1005"], "closed"]);
  probe("5 POSTs go on during the upgrade, answers in the pending GET", async () => {
    const { session, wire } = await probed();
    const posted = answer(await session.post('42["message","meanwhile"]'));
    const got = answer(await session.get());
    wire.end();
    return [posted, got];
  }, ["200 ok", '200 42["message","meanwhile"]']);
  probe("6 after the upgrade, polling requests are refused", async () => {
    const { session, wire } = await upgraded();
    const outcome = [answer(await session.get()), answer(await session.post('42["message",1]'))];
    wire.send('42["message","alive"]');
    outcome.push(await wire.read());
    wire.end();
    return outcome;
  }, ['400 {"code":3,"message":"Bad request"}', '400 {"code":3,"message":"Bad request"}', '42["message","alive"]']);
  probe("7 a websocket closed during the probe leaves the session on polling", async () => {
    const { session, wire } = await probed();
    wire.socket.close();
    await wire.read();
    return onPolling(session);
  }, LIVES);
  probe("7 a websocket cut during the probe leaves the session on polling", async () => {
    const { session, wire } = await probed();
    wire.end();
    await sleep(50);
    return onPolling(session);
  }, LIVES);
  probe("7 a session closed during the probe closes the websocket", async () => {
    const { session, wire } = await probed();
    await session.post("1");
    return wire.read();
  }, "closed 1005");
  probe("7 after a failed probe another one succeeds", async () => {
    const session = await Polling.joined(server);
    const failed = await Wire.upgrade(session);
    failed.send("9");
    await failed.read();
    const wire = await Wire.upgrade(session);
    wire.send("2probe");
    const heard = [await wire.read()];
    wire.send("5", '42["message","second"]');
    heard.push(await wire.read());
    wire.end();
    return heard;
  }, ["3probe", '42["message","second"]']);
  probe("8 the heartbeat goes on after the upgrade", async () => {
    const { wire } = await probed(quick);
    wire.send("5");
    const ping = await wire.read();
    wire.send("3");
    const again = await wire.read();
    wire.end();
    return [ping, again];
  }, ["2", "2"]);
  probe("a client that leaves after the upgrade ends the session", async () => {
    const { session, wire } = await upgraded();
    wire.socket.close();
    await wire.read();
    await sleep(50);
    return session.state();
  }, "closed");
});
