// Clients of three generations, seen as one: 2.5 speaks Engine.IO 3, the others Engine.IO 4.
import assert from "node:assert/strict";
import { io as io4 } from "socket.io-client";
import io2 from "socket.io-client-2";
import client3 from "socket.io-client-3";
import { LIMIT } from "../harness/events.mjs";

export const VERSIONS = { 2: io2, 3: client3.io, 4: io4 };

export const MODES = {
  websocket: { transports: ["websocket"] },
  polling: { transports: ["polling"], upgrade: false },
  upgrading: { transports: ["polling", "websocket"] },
};

export class Clients {
  #sockets = [];

  constructor(server) {
    this.server = server;
  }

  /** A socket of that version that has not connected yet. */
  prepare(version, mode, { namespace = "/", credentials, ...options } = {}) {
    // What newer clients send as `auth` older ones send as the query of their CONNECT packet.
    const auth = credentials && (version === "2" ? { query: credentials } : { auth: credentials });
    const socket = VERSIONS[version](this.server.url + namespace, {
      ...MODES[mode],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      ...auth,
      ...options,
    });
    this.#sockets.push(socket);
    return socket;
  }

  async connect(version, mode, options) {
    const socket = this.prepare(version, mode, options);
    const upgraded = mode === "upgrading" && new Promise((resolve) => {
      socket.io.once("open", () => socket.io.engine.once("upgrade", resolve));
    });
    await connected(socket);
    if (upgraded) await within("the upgrade", upgraded);
    const { name } = socket.io.engine.transport;
    assert.equal(name, mode === "polling" ? "polling" : "websocket");
    return socket;
  }

  close() {
    for (const socket of this.#sockets.splice(0)) socket.disconnect();
  }
}

export function within(what, promise, ms = LIMIT) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Rejects with what the client was told: `error` in version 2, `connect_error` in later ones. */
export function connected(socket) {
  return within(
    "connect",
    new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("connect_error", reject);
      socket.once("error", reject);
      socket.open();
    }),
  );
}

/** Emits and awaits the acknowledgement's arguments. */
export const ask = (socket, event, ...args) =>
  within(`the ack of "${event}"`, new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer))));
