// The contract of bench/README.md on the npm reference.
import { createServer } from "node:http";
import { Server } from "socket.io";

const FLOOD_BYTES = 64 * 1024;
const FLOOD_COUNT = 2000;
const FLOOD_PERIOD_MS = 2;

const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

const http = createServer();
const io = new Server(http, { serveClient: false });
const body = "x".repeat(FLOOD_BYTES);
const reasons = [];

function flood() {
  const started = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.min(FLOOD_COUNT, Math.floor((performance.now() - started) / FLOOD_PERIOD_MS));
    for (; next < due; next++) {
      const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
      io.to("flood").emit("flood", next, micros, body);
    }
    if (next === FLOOD_COUNT) clearInterval(timer);
  }, FLOOD_PERIOD_MS);
}

io.on("connection", (socket) => {
  socket.on("echo", (value, ack) => ack(value));
  socket.on("broadcast", (value) => io.emit("broadcast", value));
  socket.on("burst", (count) => {
    for (let i = 0; i < count; i++) io.emit("burst", i);
  });
  socket.on("join", (room, ack) => {
    socket.join(room);
    if (room === "flood") socket.on("disconnect", (reason) => reasons.push(reason));
    ack();
  });
  socket.on("leave", (room, ack) => {
    socket.leave(room);
    ack();
  });
  socket.on("flood", flood);
  socket.on("reasons", (ack) => ack(reasons));
});

http.listen(Number(option("--port") ?? 0), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${http.address().port}`);
});
