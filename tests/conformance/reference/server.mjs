// The same four applications on the npm packages: node server.mjs --port N --profile engine3|engine4|socketio5|recovery
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const require = createRequire(new URL("../../interop/package.json", import.meta.url));
const { values } = parseArgs({ options: { port: { type: "string", default: "0" }, profile: { type: "string" } } });
const engineOptions = {
  pingInterval: 300,
  pingTimeout: 200,
  maxHttpBufferSize: 1_000_000,
  cors: { origin: "*" },
};

function engine(http, allowEIO3) {
  const { Server } = require("engine.io");
  const server = new Server({ ...engineOptions, allowEIO3 });
  server.attach(http, { path: "/engine.io/" });
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
}

function socketIo(http, more) {
  const { Server } = require("socket.io");
  const io = new Server(http, { ...engineOptions, connectTimeout: 1_000, ...more });
  for (const namespace of [io, io.of("/custom")]) {
    namespace.on("connection", (socket) => {
      socket.emit("auth", socket.handshake.auth);
      socket.on("message", (...args) => socket.emit("message-back", ...args));
      socket.on("message-with-ack", (...args) => args.pop()(...args));
      // An event named "error" without a listener would end the process: CVE-2024-38355.
      socket.on("error", () => {});
    });
  }
}

const profiles = {
  engine3: (http) => engine(http, true),
  engine4: (http) => engine(http, false),
  socketio5: (http) => socketIo(http, {}),
  recovery: (http) => socketIo(http, { connectionStateRecovery: {} }),
};

const http = createServer((request, response) => response.writeHead(404).end());
profiles[values.profile](http);
// A handler's exception must not end the server for the cases that follow.
process.on("uncaughtException", (error) => console.error(error.message));
http.listen(Number(values.port), "127.0.0.1", () => console.log(`listening on 127.0.0.1:${http.address().port}`));
