import { io } from "sockeye-client";
import { expect, test } from "vitest";

test("a connection", async () => {
  const socket = io(process.env.SERVER_URL, { forceNew: true });
  expect(await socket.timeout(4000).emitWithAck("echo", 1)).toBe(1);
  socket.disconnect();
});
