// Compiled, never run: each line is right, or is expected not to be.
import io, { connect, io as named, Manager, protocol, Socket, WebSocket } from "sockeye-client";
import type { TransportChange, DisconnectDescription, ExtendedError, ManagerOptions, SocketOptions } from "sockeye-client";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<_Truth extends true>(): void {}

interface ServerToClient {
  news: (text: string, count: number) => void;
  question: (what: string, answer: (value: number) => void) => void;
}

interface ClientToServer {
  hello: (name: string) => void;
  ask: (what: string, answer: (value: number) => void) => void;
  note: (answer: (first: string, second: boolean) => void) => void;
  bare: (answer: () => void) => void;
}

// Without types any event goes.
const untyped: Socket = io("https://example.com", { transports: ["websocket"], auth: { token: "x" } });
untyped.on("anything", (a, b) => is<Equal<typeof a, any> & Equal<typeof b, any>>());
untyped.emit("anything", 1, "b", (answer: any) => answer);
const loose = untyped.emitWithAck("anything", 1);
is<Equal<typeof loose, Promise<any>>>();

// The reserved events are typed always.
untyped.on("connect_error", (error) => is<Equal<typeof error, ExtendedError>>());
untyped.on("disconnect", (reason, details) => {
  is<Equal<typeof reason, Socket.DisconnectReason>>();
  is<Equal<typeof details, DisconnectDescription | undefined>>();
  // @ts-expect-error: no such reason
  reason === "bored";
});

const socket: Socket<ServerToClient, ClientToServer> = io({ path: "/x", reconnectionDelay: 1, timeout: false });
socket.on("news", (text, count) => is<Equal<typeof text, string> & Equal<typeof count, number>>());
socket.once("question", (what, answer) => answer(what.length));
socket.off("news").off().removeAllListeners("question").addEventListener("connect", () => {});
// @ts-expect-error: the server sends no such event
socket.on("other", () => {});
// @ts-expect-error: a listener of other arguments
socket.on("news", (text: number) => text);

socket.emit("hello", "a");
socket.volatile.compress(false).emit("hello", "a");
socket.emit("ask", "a", (value) => is<Equal<typeof value, number>>());
// @ts-expect-error: a number is not a name
socket.emit("hello", 1);
// @ts-expect-error: the client sends no such event
socket.emit("news", "a", 1);

socket.timeout(10).emit("ask", "a", (error, value) => {
  is<Equal<typeof error, Error> & Equal<typeof value, number>>();
});
const asked = socket.emitWithAck("ask", "a");
is<Equal<typeof asked, Promise<number>>>();
const timed = socket.timeout(10).emitWithAck("ask", "a");
is<Equal<typeof timed, Promise<number>>>();
const noted = socket.timeout(10).emitWithAck("note");
is<Equal<typeof noted, Promise<string>>>();
// @ts-expect-error: the acknowledgement is not passed
socket.emitWithAck("ask", "a", () => {});

// A signal takes a listener away, or ends the wait for an acknowledgement.
const { signal } = new AbortController();
socket.on("news", (text) => is<Equal<typeof text, string>>(), { signal }).once("question", () => {}, { signal });
socket.addEventListener("connect", () => {}, { signal }).on("disconnect", () => {}, {});
// @ts-expect-error: the controller is not its signal
socket.on("news", () => {}, { signal: new AbortController() });
// @ts-expect-error: no such option
socket.once("news", () => {}, { once: true });
socket.signal(signal).emit("ask", "a", (error, value) => {
  is<Equal<typeof error, Error> & Equal<typeof value, number>>();
});
const abortable = socket.signal(signal).emitWithAck("ask", "a");
is<Equal<typeof abortable, Promise<number>>>();
const both = socket.timeout(10).signal(signal).emitWithAck("note");
is<Equal<typeof both, Promise<string>>>();
socket.signal(signal).timeout(10).emit("note", (error, first, second) => {
  is<Equal<typeof error, Error> & Equal<typeof first, string> & Equal<typeof second, boolean>>();
});
untyped.timeout(10).signal(signal).emit("anything", (error: Error, value: any) => [error, value]);
// @ts-expect-error: which signal?
socket.signal();
socket[Symbol.dispose]();

socket.onAny((event, ...args) => is<Equal<typeof event, any> & Equal<typeof args, any[]>>());
socket.auth = (callback) => callback({ token: "y" });
is<Equal<typeof socket.id, string | undefined>>();

// A typed socket is a socket.
function take(_socket: Socket): void {}
take(socket);

const options: Partial<ManagerOptions & SocketOptions> = { retries: 1, ackTimeout: 2, extraHeaders: { a: "b" } };
const manager = new Manager<ServerToClient, ClientToServer>("https://example.com", options);
manager.on("reconnect_attempt", (attempt) => is<Equal<typeof attempt, number>>());
manager.socket("/x").emit("hello", "a");
is<Equal<ReturnType<typeof manager.socket>, Socket<ServerToClient, ClientToServer>>>();
manager.on("open", () => {}, { signal }).once("close", () => {}, { signal });
const changes: TransportChange[] = socket.io.transports;
for (const { from, to, reason, at } of changes) {
  is<Equal<typeof from, string | undefined> & Equal<typeof to, string | undefined>>();
  is<Equal<typeof reason, string> & Equal<typeof at, number>>();
}
manager.engine.on("upgrade", (transport) => is<Equal<typeof transport.name, string>>());
manager.engine.on("close", (reason) => is<Equal<typeof reason, string>>());

// Accepted here alone, as the reference has them at run time and not in its types: no limit of time, the aliases that
// the DOM has too, and the names that are found on the function.
const extras: Partial<ManagerOptions> = { timeout: false };
manager.timeout(false).addEventListener("open", () => {}).removeEventListener("open");
socket.addEventListener("connect", () => {}).removeEventListener("connect");
const made: InstanceType<typeof io.Manager> = new io.Manager(extras);
is<Equal<typeof made, Manager>>();
is<Equal<typeof io.Socket, typeof Socket>>();
new io.Manager({ transports: [WebSocket] });
connect("/a");
named.connect();
is<Equal<typeof protocol, 5>>();
