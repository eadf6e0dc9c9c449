// The client under test: CLIENT=official (default), the npm package, or CLIENT=ours, the built file of browser/.
import { fileURLToPath, pathToFileURL } from "node:url";
import npmMessagePack from "socket.io-msgpack-parser";
import { isReference, PARSER } from "./server.mjs";

export const CLIENT = process.env.CLIENT ?? "official";
export const isOfficial = CLIENT === "official";

const files = {
  official: () => "socket.io-client",
  ours: () =>
    pathToFileURL(
      process.env.SOCKEYE_CLIENT ?? fileURLToPath(new URL("../../../browser/dist/socket.io.esm.min.js", import.meta.url)),
    ).href,
};
if (!files[CLIENT]) throw new Error(`CLIENT=${CLIENT}: known are ${Object.keys(files).join(", ")}`);
export const { io, Manager } = await import(files[CLIENT]());

/** In Node the package reads the Buffers of `ws`, while our client hands over what a browser has. */
class BrowserDecoder extends npmMessagePack.Decoder {
  add(data) {
    super.add(data instanceof ArrayBuffer ? Buffer.from(data) : data);
  }
}
export const messagePack = isOfficial ? npmMessagePack : { ...npmMessagePack, Decoder: BrowserDecoder };

const parser = PARSER === "msgpack" ? { parser: messagePack } : {};

/** The three ways an official client connects, and the one that only our client and our server have. */
export const MODES = {
  websocket: { transports: ["websocket"], ...parser },
  polling: { transports: ["polling"], upgrade: false, ...parser },
  upgrading: { transports: ["polling", "websocket"], ...parser },
  ...(!isOfficial && !isReference && { streaming: { transports: ["streaming"], ...parser } }),
};

/** Sockets of one test; `close` belongs into the test's `after`. */
export class Clients {
  #sockets = [];

  constructor(server) {
    this.server = server;
  }

  /** A socket that has not connected yet and shares no connection with another one. */
  prepare(mode, { namespace = "/", ...options } = {}) {
    const socket = io(this.server.url + namespace, {
      ...MODES[mode],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      ...options,
    });
    this.#sockets.push(socket);
    return socket;
  }

  /** A connected socket; with mode `upgrading` the upgrade may still be under way. */
  async connect(mode, options) {
    const socket = this.prepare(mode, options);
    await connected(socket);
    return socket;
  }

  /** A connected socket, with mode `upgrading` after its upgrade. */
  async settled(mode, options) {
    const socket = this.prepare(mode, options);
    const upgraded = mode === "upgrading" ? upgrade(socket) : undefined;
    await connected(socket);
    await upgraded;
    return socket;
  }

  close() {
    for (const socket of this.#sockets.splice(0)) socket.disconnect();
  }
}

export function connected(socket) {
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", reject);
    socket.connect();
  });
}

/** Resolves when the connection of `socket`, which must not be open yet, has upgraded. */
export function upgrade(socket) {
  return new Promise((resolve) => {
    socket.io.once("open", () => socket.io.engine.once("upgrade", resolve));
  });
}

export const transport = (socket) => socket.io.engine.transport.name;
