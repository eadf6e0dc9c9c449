// Compiled, never run: each line is right, or is expected not to be.
import { io, type Socket } from "sockeye-client";
import type { Accepted, ClientToServerEvents, Failure, ServerToClientEvents } from "./events.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<_Truth extends true>(): void {}

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();

socket.emit("say", { messageId: 1, text: "hi", to: null }, (answer) => is<Equal<typeof answer, Accepted | Failure>>());
socket.emit("chat message", "hi");
socket.emit("move", 1, 2);
socket.emit("place", "a", { kind: "point", x: 1, y: 2 }, (failure) => is<Equal<typeof failure, Failure | undefined>>());
socket.emit("count", (answer) => is<Equal<typeof answer, Failure | { [key in string]: number }>>());
socket.emit("refresh");
socket.emit("upload", { name: "a", data: new ArrayBuffer(1) }, () => {});
socket.timeout(10).emit("say", { messageId: 1, text: "hi", to: ["a"] }, (error, answer) => {
  is<Equal<typeof error, Error>>();
  if ("error" in answer) answer.error.length;
  else answer.at.toFixed();
});
const said = socket.emitWithAck("say", { messageId: 1, text: "hi", to: [] });
is<Equal<typeof said, Promise<Accepted | Failure>>>();

// @ts-expect-error: no such event
socket.emit("shout", "hi");
// @ts-expect-error: a number is no message
socket.emit("chat message", 1);
// @ts-expect-error: one argument is missing
socket.emit("move", 1);
// @ts-expect-error: one is too much
socket.emit("refresh", 1);
// @ts-expect-error: a field is missing
socket.emit("say", { text: "hi", to: null }, () => {});
// @ts-expect-error: no such position
socket.emit("place", "a", { kind: "circle" }, () => {});
// @ts-expect-error: the server does not answer it
socket.emit("refresh", () => {});
// @ts-expect-error: only the server sends it
socket.emit("message", { by: "a", text: "b" });

socket.on("message", (message) => is<Equal<typeof message, { by: string; text: string }>>());
socket.on("move", (x, y) => is<Equal<[typeof x, typeof y], [number, number]>>());
socket.on("confirm", (confirm, reply) => reply(confirm.question === "Really?"));
socket.on("nudge", (reply) => reply());
socket.on("disconnect", (reason) => reason.length);
// @ts-expect-error: an answer is a boolean
socket.on("confirm", (_confirm, reply) => reply("yes"));
// @ts-expect-error: only clients send it
socket.on("say", () => {});
