// The npm client over https and wss: the binary `sockeye` with a certificate that it makes itself.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import tls from "node:tls";
import { Clients, MODES, connected, upgrade } from "../harness/client.mjs";
import { next } from "../harness/events.mjs";
import { Binary } from "./binary.mjs";

/** The certificate that a server shows to everybody. */
const certificateOf = (port) =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.end();
    });
    socket.once("error", reject);
  });

let binary, certificate;
before(async () => {
  binary = await Binary.start("--tls-self-signed");
  certificate = await certificateOf(binary.port);
});
after(async () => assert.equal(await binary.stop(), 0));

it("shows the fingerprint that it printed", () => {
  assert.equal(certificate.fingerprint256, binary.fingerprint);
  assert.equal(certificate.checkHost("localhost"), "localhost");
  assert.equal(certificate.checkIP("127.0.0.1"), "127.0.0.1");
});

it("is not trusted without a word", async () => {
  const clients = new Clients(binary);
  const socket = clients.prepare("polling");
  await assert.rejects(connected(socket), { message: "xhr poll error" });
  clients.close();
});

for (const maxVersion of ["TLSv1.2", "TLSv1.3"]) {
  for (const mode of Object.keys(MODES)) {
    describe(`${maxVersion}, ${mode}`, () => {
      let clients;
      before(() => (clients = new Clients(binary)));
      afterEach(() => clients.close());
      const options = () => ({ ca: certificate.toString(), maxVersion });

      it("connects, and says what others hear", async () => {
        const [one, two] = [clients.prepare(mode, options()), clients.prepare(mode, options())];
        const upgraded = mode === "upgrading" ? upgrade(one) : undefined;
        await Promise.all([connected(one), connected(two)]);
        await upgraded;
        const transport = mode === "polling" ? "polling" : "websocket";
        assert.equal(one.io.engine.transport.name, transport);
        for (const text of ["short", "long".repeat(400)]) {
          const heard = next(two, "chat message");
          one.emit("chat message", text);
          assert.deepEqual(await heard, [text]);
        }
      });
    });
  }
}

it("serves pages and the browser's client", async () => {
  const fetchText = (path) =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ port: binary.port, host: "127.0.0.1", ca: certificate.toString() }, () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      });
      let text = "";
      socket.setEncoding("utf8").on("data", (part) => (text += part)).once("error", reject);
      // A clean end of TLS, or `end` would not come without an error.
      socket.once("end", () => resolve(text));
    });
  assert.match(await fetchText("/"), /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(await fetchText("/socket.io/socket.io.min.js"), /^HTTP\/1\.1 200 OK\r\n/);
});
