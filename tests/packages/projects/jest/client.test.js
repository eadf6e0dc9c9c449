/** @jest-environment jsdom */
const { io } = require("sockeye-client");

for (const transport of ["polling", "websocket"]) {
  test(`jsdom over ${transport}`, async () => {
    expect(typeof fetch).toBe("undefined");
    const socket = io(process.env.SERVER_URL, { forceNew: true, transports: [transport] });
    expect(await socket.timeout(4000).emitWithAck("echo", transport)).toBe(transport);
    socket.disconnect();
  });
}
