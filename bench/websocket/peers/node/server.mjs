// The contract of bench/websocket/README.md on npm's `ws`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { WebSocketServer } from "ws";

const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const flag = (name) => process.argv.includes(name);

const pem = (label, file) =>
  `-----BEGIN ${label}-----\n${readFileSync(file, "base64")}\n-----END ${label}-----\n`;
const tls = flag("--tls-cert") && {
  cert: pem("CERTIFICATE", option("--tls-cert")),
  key: pem("PRIVATE KEY", option("--tls-key")),
};
const server = tls ? createSecureServer(tls) : createServer();

const noTakeover = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const hub = flag("--hub");
const wss = new WebSocketServer({ server, perMessageDeflate: flag("--deflate") ? noTakeover : false });

wss.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data, binary) => {
    if (hub) {
      for (const client of wss.clients) client.send(data, { binary });
    } else {
      socket.send(data, { binary });
    }
  });
});

const [host, port] = (option("--listen") ?? "127.0.0.1:0").split(":");
server.listen(Number(port), host, () => {
  console.log(`listening on ${host}:${server.address().port}`);
});
