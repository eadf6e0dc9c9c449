// Compiled twice, never run: with `client` as socket.io-client and as this package. What the one accepts or refuses, the
// other does too.
import io, { connect, io as named, Manager, protocol, Socket } from "client";
import { Fetch, NodeWebSocket, NodeXHR, WebSocket, WebTransport, XHR } from "client";
import type { ManagerOptions, SocketOptions } from "client";

interface ServerToClient {
  none: () => void;
  news: (text: string, count: number) => void;
  asked: (what: string, answer: (value: number) => void) => void;
}

interface ClientToServer {
  hello: (name: string) => void;
  ask: (what: string, answer: (value: number) => void) => void;
}

const options: Partial<ManagerOptions & SocketOptions> = {
  forceNew: true,
  multiplex: false,
  path: "/x",
  reconnection: true,
  reconnectionAttempts: 1,
  reconnectionDelay: 1,
  reconnectionDelayMax: 2,
  randomizationFactor: 0,
  timeout: 1,
  autoConnect: false,
  parser: {},
  host: "a",
  hostname: "a",
  secure: true,
  port: 1,
  query: { a: 1 },
  agent: false,
  upgrade: true,
  forceBase64: false,
  timestampParam: "t",
  timestampRequests: true,
  transports: ["polling", "websocket", "webtransport", "mine"],
  transportImplementations: [WebSocket, Fetch],
  tryAllTransports: true,
  rememberUpgrade: true,
  requestTimeout: 1,
  transportOptions: { polling: {} },
  pfx: "a",
  key: "a",
  passphrase: "a",
  cert: "a",
  ca: ["a"],
  ciphers: "a",
  rejectUnauthorized: false,
  extraHeaders: { a: "b" },
  withCredentials: true,
  closeOnBeforeunload: true,
  useNativeTimers: true,
  autoUnref: true,
  perMessageDeflate: { threshold: 1 },
  addTrailingSlash: false,
  protocols: ["a"],
  auth: { a: 1 },
  retries: 1,
  ackTimeout: 1,
};
// @ts-expect-error: no such option
const wrong: Partial<ManagerOptions & SocketOptions> = { reconnect: true };

const socket: Socket<ServerToClient, ClientToServer> = io("https://example.com", options);
socket.on("news", (text, count) => text.length + count);
socket.on("asked", (what, answer) => answer(what.length));
socket.on("connect", () => {});
socket.on("connect_error", (error) => error.message + error.data);
socket.on("disconnect", (reason, details) => reason === "io client disconnect" && details);
socket.once("none", () => {}).off("none");
socket.onAny((event, ...args) => [event, args]).offAny();
socket.onAnyOutgoing((event, ...args) => [event, args]).offAnyOutgoing();
socket.prependAny(() => {}).prependAnyOutgoing(() => {});
socket.listenersAny().length + socket.listenersAnyOutgoing().length;
// @ts-expect-error: the server sends no such event
socket.on("other", () => {});
// @ts-expect-error: another type
socket.on("news", (text: number) => text);
// @ts-expect-error: no such reason
socket.on("disconnect", (reason) => reason === "bored");

socket.emit("hello", "a").send();
socket.volatile.compress(true).emit("hello", "a");
socket.emit("ask", "a", (value) => value.toFixed());
socket.timeout(1).emit("ask", "a", (error, value) => error.message + value.toFixed());
socket.emitWithAck("ask", "a").then((value) => value.toFixed());
socket.timeout(1).emitWithAck("ask", "a").then((value) => value.toFixed());
// @ts-expect-error: an argument is missing
socket.emit("hello");
// @ts-expect-error: the client sends no such event
socket.emit("news", "a", 1);
// @ts-expect-error: a number is no name
socket.emit("hello", 1);
// @ts-expect-error: it is a number
socket.emitWithAck("ask", "a").then((value) => value.length);

const state: [boolean, boolean, boolean, boolean, string | undefined] = [
  socket.connected,
  socket.disconnected,
  socket.active,
  socket.recovered,
  socket.id,
];
socket.auth = (callback) => callback({ a: 1 });
socket.auth = { a: 1 };
// @ts-expect-error: neither
socket.auth = 1;
// @ts-expect-error: it is not for others to say
socket.io = new Manager();
// @ts-expect-error: private
socket.acks;
socket.connect().open().disconnect().close();
socket.sendBuffer.length + socket.receiveBuffer.length;

const manager: Manager = new Manager("https://example.com", { transports: [XHR, NodeXHR, NodeWebSocket, WebTransport] });
manager.reconnection(true).reconnectionAttempts(1).reconnectionDelay(1).reconnectionDelayMax(1);
manager.randomizationFactor(0.5).timeout(1);
manager.on("open", () => {}).on("error", (error) => error.message).on("ping", () => {});
manager.on("close", (reason) => reason.length).on("packet", (packet) => packet.nsp);
manager.on("reconnect", (attempt) => attempt.toFixed()).on("reconnect_attempt", (attempt) => attempt.toFixed());
manager.on("reconnect_error", (error) => error.message).on("reconnect_failed", () => {});
// @ts-expect-error: the manager says no such thing
manager.on("connect", () => {});
// @ts-expect-error: another type
manager.timeout("1");
manager.open((error) => error?.message).connect();
manager.engine.on("upgrade", (transport) => transport.name.length);
manager.engine.on("packet", ({ type, data }) => [type, data]);
manager.engine.on("close", (reason) => reason.length);
manager.engine.transport.name.length;
manager.engine.writeBuffer.length;
const engineId: string = manager.engine.id;
const engineState: "opening" | "open" | "closing" | "closed" = manager.engine.readyState;
// @ts-expect-error: protected
manager.engine.opts;
// @ts-expect-error: protected
manager.engine.transports;
// @ts-expect-error: protected
manager.engine.transport.readyState;
// @ts-expect-error: protected
socket.emitReserved("connect");
// @ts-expect-error: protected
manager.emitReserved("open");
// @ts-expect-error: private
manager.disconnect();
// @ts-expect-error: private
manager.setTimeoutFn(() => {}, 1);
socket.removeListener("news", () => {}).removeAllListeners("news").removeAllListeners();

// A transport of one's own.
class Mine extends WebSocket {
  override get name(): string {
    this.emitReserved("open");
    return this.readyState + this.query.sid + this.opts.hostname + this.supportsBinary + this.socket.id;
  }
}
new Manager({ transports: [Mine] });
manager.socket("/a", { auth: {} }).emit("anything");

const untyped: Socket = named();
untyped.emit("any", 1, "b", () => {}).on("any", (a, b) => [a, b]);
connect("/a", {}).connected;
const five: number = protocol;
export { engineId, engineState, five, state, wrong };
