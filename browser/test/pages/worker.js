// A worker of any of the three kinds: for each message it connects as told, and answers by the port that came along.
importScripts("/socket.io.min.js");

async function talk({ data: { echo, binary, options }, ports: [reply] }) {
  const socket = io(location.origin, { forceNew: true, reconnection: false, ...options });
  socket.on("connect_error", (error) => reply.postMessage({ error: error.message, code: error.cause?.code }));
  socket.on("connect", async () => {
    const text = await socket.emitWithAck(echo, "ä€😀");
    const bytes = await socket.emitWithAck(binary, new Uint8Array([1, 2, 255]).buffer);
    reply.postMessage({
      kind: self.constructor.name,
      transport: socket.io.engine.transport.name,
      text,
      bytes: bytes instanceof ArrayBuffer && [...new Uint8Array(bytes)],
    });
    socket.disconnect();
  });
}

self.onmessage = talk;
self.onconnect = ({ ports: [port] }) => (port.onmessage = talk);
