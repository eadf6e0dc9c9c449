const io = require("socket.io-client");

const socket = io(process.env.SERVER_URL, { transports: ["websocket"] });
socket.timeout(10_000).emit("echo", "require", (error, answer) => {
  socket.disconnect();
  if (error || answer !== "require" || io.io !== io) throw error ?? new Error(answer);
});
