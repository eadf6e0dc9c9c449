// As `types.mts`, for `require`.
import { io, type Socket } from "sockeye-client";

const socket: Socket<{ a: (value: string) => void }> = io();
socket.on("a", (value) => value.length);
// @ts-expect-error: a number is not a string
socket.emit("a", 1);
