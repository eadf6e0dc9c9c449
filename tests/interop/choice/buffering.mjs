// A proxy that passes a response on when it is complete, and knows no upgrades.
import { once } from "node:events";
import { createServer, request } from "node:http";

export class Buffering {
  #server = createServer((incoming, outgoing) => {
    const { url, method, headers } = incoming;
    const onward = request({ port: this.#upstream, host: "127.0.0.1", path: url, method, headers }, async (answer) => {
      try {
        const body = Buffer.concat(await answer.toArray());
        outgoing.writeHead(answer.statusCode, { ...answer.headers, "content-length": body.length }).end(body);
      } catch {
        outgoing.destroy();
      }
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  #upstream;

  static async start(upstream) {
    const proxy = new Buffering();
    proxy.#upstream = upstream;
    proxy.#server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
