// The members of socket.io-client's objects, found at run time, and what ours lack on purpose; and the logs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import * as official from "socket.io-client";
import { compiled, root } from "./compiled.mjs";
import { deadPort } from "./server.mjs";

const ours = await import("../dist/socket.io.esm.min.js");

function members(object) {
  const names = new Set();
  for (let at = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return names;
}

// Declared private there. What applications reach for nevertheless (`nsps`, `acks`, `_callbacks`, `onevent`, …) is here.
const INTERNAL = {
  Manager: ["backoff", "cleanup", "clearTimeoutFn", "maybeReconnectOnOpen", "ondata", "ondecoded", "onerror", "onping", "onreconnect", "setTimeoutFn", "skipReconnect", "subs"],
  Socket: ["_addToQueue", "_clearAcks", "_drainQueue", "_queueSeq", "_registerAckCallback", "_sendConnectPacket", "emitBuffered", "emitEvent", "notifyOutgoingListeners", "onack", "onconnect", "ondisconnect", "subEvents", "subs"],
  Engine: [
    "_beforeunloadEventListener", "_cookieJar", "_filterUpgrades", "_getWritablePackets", "_hasPingExpired", "_maxPayload",
    "_offlineEventListener", "_onClose", "_onDrain", "_onError", "_onPacket", "_open", "_pingInterval", "_pingTimeout",
    "_pingTimeoutTime", "_pingTimeoutTimer", "_prevBufferLen", "_probe", "_resetPingTimeout", "_sendPacket",
    "_transportsByName", "_upgrades", "clearTimeoutFn", "createTransport", "hostname", "onHandshake", "onOpen", "port",
    "secure", "setTimeoutFn", "setTransport", "upgrading",
  ],
};

test("members of the manager, the socket and the engine", async () => {
  const url = `http://127.0.0.1:${await deadPort()}`;
  const [theirs, own] = [official, ours].map(({ io }) => {
    const socket = io(url, { forceNew: true, reconnection: false, auth: {} });
    socket.on("connect_error", () => {});
    const found = { Manager: members(socket.io), Socket: members(socket), Engine: members(socket.io.engine) };
    socket.disconnect();
    return found;
  });
  for (const [object, names] of Object.entries(theirs)) {
    const missing = [...names].filter((name) => !own[object].has(name) && !INTERNAL[object].includes(name));
    assert.deepEqual(missing, [], object);
  }
});

test("members of the transports", () => {
  for (const name of ["XHR", "WebSocket"]) {
    assert.equal(ours[name].prototype.name, official[name].prototype.name);
    for (const method of ["open", "close", "send", "pause"]) assert.equal(typeof ours[name].prototype[method], "function");
  }
  assert.equal(ours.WebTransport.prototype.name, "webtransport");
});

const { isWanted } = await compiled("log.ts");

test("which logs are wanted", () => {
  for (const [list, expected] of [
    ["", false],
    ["*", true],
    ["engine.io-client:socket", true],
    ["engine.io-client", false],
    ["engine.io-client:*", true],
    ["engineXio-client:socket", false],
    ["other, engine.io-client:*", true],
    ["* -engine.io-client:*", false],
    ["*,-engine.io-client:polling", true],
  ]) {
    assert.equal(isWanted("engine.io-client:socket", list), expected, list);
  }
});

// `console.debug` writes to standard output in Node.js.
function output(file, debug, log = "") {
  const script = `
    ${log}
    const { io } = require(${JSON.stringify(join(root, "dist", file))});
    const socket = io("http://127.0.0.1:1", { reconnection: false, transports: ["webtransport", "polling"] });
    socket.on("connect_error", () => {});`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    env: { ...process.env, DEBUG: debug },
    timeout: 20_000,
  });
  assert.equal(stderr, "");
  return stdout;
}

test("logs under the reference's namespaces, by DEBUG and by localStorage", () => {
  assert.equal(output("require.js", ""), "");
  const all = output("require.js", "socket.io-client*,engine.io-client*");
  for (const line of [
    "socket.io-client new io instance for http://127.0.0.1:1",
    "socket.io-client:manager opening http://127.0.0.1:1",
    'engine.io-client:socket transport "webtransport" is not supported here: passed over',
    'engine.io-client:socket creating transport "polling"',
    'engine.io-client:socket socket close with reason: "transport error"',
  ]) {
    assert.ok(all.includes(line + "\n"), `${line} in ${all}`);
  }
  assert.doesNotMatch(output("require.js", "socket.io-client:manager"), /engine\.io/);
  const page = 'globalThis.localStorage = { getItem: (name) => (name === "debug" ? "engine.io-client:socket" : null) };';
  assert.match(output("socket.io.js", "", page), /^engine\.io-client:socket /);
  assert.equal(output("socket.io.min.js", "*"), "");
});
