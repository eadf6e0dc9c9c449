// A TCP proxy that cuts: at any byte, by FIN, by RST, or by silence.
import { connect, createServer } from "node:net";
import { once } from "node:events";

const MODES = ["fin", "reset", "silence"];

export class Proxy {
  #pairs = new Set();
  #silent = new Set();
  #server;

  static async start(port) {
    const proxy = new Proxy();
    proxy.#server = createServer((client) => proxy.#accept(client, port));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  #accept(client, port) {
    const server = connect(port, "127.0.0.1");
    client.setNoDelay(true);
    server.setNoDelay(true);
    // `left` is how many bytes pass before the cut; then nothing does.
    const pair = { client, server, left: Infinity, mode: undefined };
    this.#pairs.add(pair);
    const pass = (from, to) => {
      from.on("data", (data) => {
        const now = data.subarray(0, Math.max(0, pair.left));
        pair.left -= now.length;
        if (now.length > 0 && !to.destroyed) to.write(now);
        if (pair.left <= 0) this.#end(pair);
      });
      from.on("end", () => pair.mode !== "silence" && to.end());
      from.on("error", () => {});
      from.on("close", () => {
        if (pair.mode !== "silence") to.destroy();
        if (client.destroyed && server.destroyed) this.#pairs.delete(pair);
      });
    };
    pass(client, server);
    pass(server, client);
  }

  #end(pair) {
    if (!this.#pairs.delete(pair)) return;
    pair.left = 0;
    if (pair.mode === "silence") {
      // Whatever is sent is taken and goes nowhere, and neither side hears of the other's end.
      this.#silent.add(pair);
    } else if (pair.mode === "reset") {
      pair.client.resetAndDestroy();
      pair.server.resetAndDestroy();
    } else {
      pair.client.end();
      pair.server.end();
      pair.client.destroySoon();
      pair.server.destroySoon();
    }
  }

  /** Cuts everything that is open: after less than `bytes`, or soon if there are none. Answers how. */
  cut(n, bytes) {
    const mode = MODES[n % MODES.length];
    for (const pair of this.#pairs) {
      pair.mode = mode;
      pair.left = Math.floor(Math.random() * bytes);
      setTimeout(() => this.#end(pair), 30).unref();
    }
    return mode;
  }

  close() {
    this.#server.close();
    for (const { client, server } of [...this.#pairs, ...this.#silent]) {
      client.destroy();
      server.destroy();
    }
  }
}
