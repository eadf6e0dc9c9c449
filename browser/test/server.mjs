import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { Server } from "socket.io";
import { root } from "./compiled.mjs";

/** What loads each of the files, by the path of its page. */
export const scripts = {
  "/": '<script src="/dist/socket.io.min.js"></script>',
  "/msgpack": '<script src="/dist/socket.io.msgpack.min.js"></script>',
  "/esm": '<script type="module">import { io } from "/dist/socket.io.esm.min.js"; globalThis.io = io;</script>',
  // Here transports have no names before they are given.
  "/slim": `<script type="module">
    import { io, Fetch, WebSocket } from "/dist/slim.mjs";
    const classes = { polling: Fetch, websocket: WebSocket };
    globalThis.io = (url, options) =>
      io(url, { ...options, transports: (options?.transports ?? Object.keys(classes)).map((name) => classes[name]) });
  </script>`,
};

function serve(request, response) {
  const [, file] = /^\/((?:dist|test)\/[\w.]+\.m?js)$/.exec(request.url) ?? [];
  response.setHeader("Content-Type", file ? "text/javascript" : "text/html");
  response.end(file ? readFileSync(join(root, file)) : `<!DOCTYPE html><title>test</title>${scripts[request.url] ?? ""}`);
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server.address().port));
  });
}

/** A port at which nothing listens. */
export async function deadPort() {
  const server = createTcpServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The npm package's server with the handlers that the scenarios talk to, and the page for the browser. */
export class TestServer {
  port = 0;
  received = [];
  disconnections = [];
  #options;
  #waiting = [];
  #held = undefined;
  #release = () => {};

  constructor(options) {
    this.#options = options;
  }

  async start() {
    const http = createServer(serve);
    // A browser opens connections in advance, and Node.js would wait for the first request of each.
    const { close } = http;
    http.close = (callback) => {
      close.call(http, callback);
      http.closeAllConnections();
      return http;
    };
    this.port = await listen(http, this.port);
    this.io = new Server(http, { cors: { origin: true, credentials: true }, ...this.#options });
    this.#gateUpgrades(http);
    this.#listen(this.io.of("/"));
    this.#listen(this.io.of("/chat"));
    this.io.of(/^\/rooms\/[a-z]+$/);
    const admin = this.io.of("/admin");
    admin.use((socket, next) => {
      const { token } = socket.handshake.auth;
      if (token === "secret") return next();
      next(Object.assign(new Error("not authorized"), { data: { token: token ?? null } }));
    });
    this.#listen(admin);
    return this;
  }

  async stop() {
    await this.io.close();
  }

  /** What the page with one of the scripts has in it. */
  html(path) {
    return scripts[path];
  }

  /** What a scenario can ask for besides sending events. */
  async control(command, ...args) {
    if (command === "stop") {
      await this.stop();
    } else if (command === "start") {
      await this.start();
    } else if (command === "received") {
      return this.received.splice(0);
    } else if (command === "disconnection") {
      // The reason of the next disconnection that was not asked for yet.
      return this.disconnections.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
    } else if (command === "hold upgrades") {
      this.#held = new Promise((resolve) => (this.#release = resolve));
    } else if (command === "release upgrades") {
      this.#release();
    } else if (command === "emit") {
      this.io.emit(...args);
    }
  }

  // Lets WebSocket handshakes wait while they are held.
  #gateUpgrades(http) {
    const listeners = http.listeners("upgrade");
    http.removeAllListeners("upgrade");
    http.on("upgrade", async (...args) => {
      await this.#held;
      for (const listener of listeners) listener.apply(http, args);
    });
  }

  #listen(namespace) {
    namespace.on("connection", (socket) => {
      socket.on("disconnect", (reason) => {
        const waiting = this.#waiting.shift();
        if (waiting) waiting(reason);
        else this.disconnections.push(reason);
      });
      socket.on("note", (...args) => {
        if (typeof args.at(-1) === "function") args.pop()();
        this.received.push(args);
      });
      socket.on("echo", (...args) => args.pop()(...args));
      socket.on("reply", (...args) => socket.emit(...args));
      socket.on("silent", () => {});
      socket.on("whoami", (ack) => ack(socket.id, socket.nsp.name, socket.handshake.auth, socket.handshake.query));
      socket.on("ask", async (timeout, ...args) => {
        const ack = args.pop();
        try {
          ack(null, await socket.timeout(timeout).emitWithAck("question", ...args));
        } catch (error) {
          ack(error.message);
        }
      });
      socket.on("kick", (all) => socket.disconnect(all));
      socket.on("drop", () => socket.conn.close());
      socket.on("garble", (text) => socket.conn.write(text));
      // The first two tries are not answered.
      let tries = 0;
      socket.on("flaky", (number, ack) => {
        this.received.push(["try", number]);
        if (++tries > 2) ack("done " + number);
      });
      // Numbers events until the client has seen enough, and at least `count` of them.
      socket.on("flood", (count) => {
        let sent = 0;
        let enough = false;
        socket.once("enough", () => (enough = true));
        const send = () => {
          for (let i = 0; i < 10; i++) socket.emit("tick", sent++);
          if (sent < count || !enough) setTimeout(send, 1);
          else socket.emit("ticked", sent);
        };
        send();
      });
    });
  }
}
