import { io } from "sockeye-client";

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
  const socket = io(process.env.SERVER_URL, { forceNew: true, transports });
  const answer = await socket.timeout(10_000).emitWithAck("echo", "text");
  const bytes = await socket.timeout(10_000).emitWithAck("echo", new Uint8Array([1, 2]));
  socket.disconnect();
  if (answer !== "text" || String([...new Uint8Array(bytes)]) !== "1,2") throw new Error(`${transports}: ${answer} ${bytes}`);
}
console.log("ok");
process.exit(0);
