// The contract of CONTRACT.md on the npm package socket.io.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { Server } from "socket.io";
import messagePack from "socket.io-msgpack-parser";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "ping-interval": { type: "string", default: "25000" },
    "ping-timeout": { type: "string", default: "20000" },
    "max-payload": { type: "string", default: "1000000" },
    "connect-timeout": { type: "string", default: "45000" },
    "upgrade-timeout": { type: "string", default: "10000" },
    parser: { type: "string", default: "json" },
    eio3: { type: "string", default: "false" },
    deflate: { type: "string", default: "false" },
  },
});

const http = createServer((_request, response) => {
  response.writeHead(404).end();
});
const io = new Server(http, {
  pingInterval: Number(options["ping-interval"]),
  pingTimeout: Number(options["ping-timeout"]),
  maxHttpBufferSize: Number(options["max-payload"]),
  connectTimeout: Number(options["connect-timeout"]),
  upgradeTimeout: Number(options["upgrade-timeout"]),
  allowEIO3: options.eio3 === "true",
  perMessageDeflate: options.deflate === "true" && { serverNoContextTakeover: true, clientNoContextTakeover: true },
  ...(options.parser === "msgpack" && { parser: messagePack }),
  // Nobody asks this server for the client, and the default would serve it under the same path.
  serveClient: false,
});

const rooms = (socket) => [...socket.rooms].sort();
const acked = (ack, ...values) => typeof ack === "function" && ack(...values);
const reversed = (parcel) => ({ ...parcel, parts: [...parcel.parts].reverse() });

async function slow(socket, { n, ms }) {
  socket.emit("started", n);
  await sleep(ms);
  socket.emit("done", n);
}

async function ask(socket, event, args, shape) {
  const answer = await socket
    .timeout(500)
    .emitWithAck(event, ...args)
    .then((value) => ({ value: shape(value) }))
    .catch(() => ({ error: socket.connected ? "timeout" : "disconnected" }));
  socket.emit("answer", answer);
}

function room(target, { rooms: to = [], except = [] }) {
  const operator = to.length > 0 ? target.to(to) : target;
  return except.length > 0 ? operator.except(except) : operator;
}

function leaving(socket) {
  socket.on("leave me", () => socket.disconnect());
  socket.on("close me", () => socket.disconnect(true));
  socket.on("disconnect", (reason) => {
    io.to("watchers").emit("left", { id: socket.id, nsp: socket.nsp.name, reason });
  });
}

io.on("connection", (socket) => {
  leaving(socket);
  socket.on("message", (value) => socket.emit("message", value));
  socket.on("pair", (a, b) => socket.emit("pair", b, a));
  socket.on("nothing", () => socket.emit("nothing"));
  socket.on("number", (n) => socket.emit("number", n));
  socket.on("flood", (count) => {
    for (let n = 0; n < count; n += 1) socket.emit("number", n);
  });
  socket.on("volatile", (text) => {
    socket.volatile.emit("volatile", text);
    socket.emit("message", text);
  });

  socket.on("ack one", (value, ack) => acked(ack, value));
  socket.on("ack two", (a, b, ack) => acked(ack, b, a));
  socket.on("ack none", (ack) => acked(ack));
  socket.on("ack error", (text, ack) => acked(ack, { error: `refused: ${text}` }));
  socket.on("ask one", (value) => ask(socket, "question", [value], (answer) => answer));
  socket.on("ask two", (a, b) => ask(socket, "question two", [a, b], (answer) => answer));
  socket.on("ask none", () => ask(socket, "question none", [], () => null));
  socket.on("ask blob", (bytes) => ask(socket, "question blob", [bytes], (answer) => answer));

  socket.on("blob", (bytes) => socket.emit("blob", bytes));
  socket.on("blob all", (bytes) => io.emit("blob", bytes));
  socket.on("blob ack", (bytes, ack) => acked(ack, bytes));
  socket.on("parcel", (parcel) => socket.emit("parcel", reversed(parcel)));
  socket.on("parcel ack", (parcel, ack) => acked(ack, reversed(parcel)));
  socket.on("large", (text, ack) => acked(ack, Buffer.byteLength(text)));
  socket.on("large back", (n) => socket.emit("large", "x".repeat(n)));
  socket.on("large plain", (n) => socket.compress(false).emit("large", "x".repeat(n)));
  socket.on("slow", (work) => slow(socket, work));

  socket.on("id", (ack) => acked(ack, socket.id));
  socket.on("handshake", (ack) => {
    const { headers, query, address, auth } = socket.handshake;
    acked(ack, {
      header: headers["x-probe"] ?? null,
      query: query.probe ?? null,
      address: address.endsWith("127.0.0.1"),
      auth: Object.keys(auth).length > 0 ? auth : null,
    });
  });

  socket.on("join", (names, ack) => {
    socket.join(names);
    acked(ack, rooms(socket));
  });
  socket.on("leave", (name, ack) => {
    socket.leave(name);
    acked(ack, rooms(socket));
  });
  socket.on("to", (target) => room(socket, target).emit("heard", target.text));
  socket.on("all", (target) => room(io, target).emit("heard", target.text));
  socket.on("broadcast", (text) => socket.broadcast.emit("heard", text));
  socket.on("news", (text) => io.emit("heard", text));
  socket.on("twice", (target) => {
    room(io, target).emit("heard", `${target.text} 1`);
    room(io, target).emit("heard", `${target.text} 2`);
  });
});

io.of("/custom").on("connection", (socket) => {
  leaving(socket);
  socket.emit("hello", socket.nsp.name);
  socket.on("message", (value) => socket.emit("message", value));
  socket.on("ack one", (value, ack) => acked(ack, value));
  socket.on("id", (ack) => acked(ack, socket.id));
  socket.on("to", ([name, text]) => socket.to(name).emit("heard", text));
});

io.of("/guarded")
  .use(async (socket, next) => {
    const { token, name } = socket.handshake.auth;
    if (token === "slow") await sleep(150);
    if (token === "secret" || token === "slow") {
      socket.data.name = name;
      return next();
    }
    const refusal = new Error("unauthorized");
    refusal.data = { code: 401, name: name ?? null };
    return next(refusal);
  })
  .on("connection", (socket) => {
    socket.on("whoami", (ack) => acked(ack, { name: socket.data.name }));
  });

io.of("/early").on("connection", async (socket) => {
  await sleep(200);
  socket.on("early", (n) => socket.emit("early", n));
  socket.emit("ready");
});

io.of("/sequential").on("connection", (socket) => {
  let last = Promise.resolve();
  socket.on("slow", (work) => {
    last = last.then(() => slow(socket, work));
  });
});

const operators = io.of("/operators");
operators.on("connection", (socket) => {
  const target = ({ rooms: to = [] }) => (to.length > 0 ? operators.to(to) : operators.to([]));
  const seen = [[], []];
  socket.onAny((event) => seen[0].push(event));
  socket.onAnyOutgoing((event) => seen[1].push(event));
  socket.on("disconnecting", (reason) => {
    socket.to("watchers").emit("leaving", { rooms: socket.rooms.size, reason });
  });
  socket.on("join", (name, ack) => {
    socket.join(name);
    acked(ack, socket.rooms.size);
  });
  socket.on("name", (name, ack) => {
    socket.data = { name };
    acked(ack, true);
  });
  socket.on("vote", (audience, ack) => {
    target(audience)
      .timeout(audience.ms)
      .emit("vote", (error, values) => acked(ack, { values: values.sort(), timeout: error !== null }));
  });
  socket.on("fetch", async (audience, ack) => {
    const found = await target(audience).fetchSockets();
    acked(ack, found.map(({ data, rooms: all }) => [data.name ?? "", all.size]).sort());
  });
  socket.on("sockets join", (audience, ack) => {
    target(audience).socketsJoin(audience.into);
    acked(ack);
  });
  socket.on("sockets leave", (audience, ack) => {
    target(audience).socketsLeave(audience.into);
    acked(ack);
  });
  socket.on("disconnect sockets", (audience, ack) => {
    target(audience).disconnectSockets(audience.close);
    acked(ack);
  });
  socket.on("listen once", (event, ack) => {
    socket.once(event, (again) => acked(again, "heard"));
    acked(ack);
  });
  socket.on("say", (event, ack) => {
    socket.emit(event);
    operators.emit(event);
    acked(ack);
  });
  socket.on("seen", (ack) => acked(ack, seen));
});

io.of(/^\/rooms\/[a-z]+$/).on("connection", (socket) => {
  socket.on("where", (ack) => acked(ack, socket.nsp.name));
  socket.on("news", (text) => socket.nsp.emit("heard", text));
});

http.listen(Number(options.port), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${http.address().port}`);
});

process.on("SIGTERM", () => {
  io.close(() => process.exit(0));
  // Keep-alive connections of polling clients would hold the process for their idle time; the
  // delay lets the last answers out.
  setTimeout(() => http.closeAllConnections(), 200);
});
