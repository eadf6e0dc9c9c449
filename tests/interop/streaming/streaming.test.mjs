// Streaming, directly and behind a stock nginx, which would keep back an answer that it may.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { isReference, ServerProcess } from "../harness/server.mjs";
import { Nginx } from "../nginx/nginx.mjs";
import { Stream } from "./stream.mjs";
import { flood, talk } from "./talk.mjs";

let server, nginx;
before(async () => {
  server = await ServerProcess.start();
  if (process.env.NGINX_BINARY) nginx = await Nginx.start(server.port);
});
after(async () => {
  await nginx?.stop();
  await server?.stop();
});

if (isReference) {
  it("the reference refuses it as unknown, so that a client stays where it is", async () => {
    await assert.rejects(Stream.get(server.url), { message: '400 {"code":0,"message":"Transport unknown"}' });
  });
}

const ways = { directly: () => server.url, "behind nginx": () => nginx.url };
for (const [way, url] of Object.entries(ways)) {
  const skip = isReference ? "the reference does not have it" : way === "behind nginx" && !process.env.NGINX_BINARY && "no nginx";
  describe(`streaming, ${way}`, { skip }, () => {
    it("talks, and each packet comes before the next is asked for", () => talk(url()));

    it("keeps the order of 5,000 events", () => flood(url(), 5000));

    it("takes a session over from polling", async () => {
      const polling = `${url()}/socket.io/?EIO=4&transport=polling`;
      const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1));
      await fetch(`${polling}&sid=${sid}`, { method: "POST", body: "40" });
      assert.match(await (await fetch(`${polling}&sid=${sid}`)).text(), /^40/);
      const stream = await Stream.get(url(), sid);
      assert.equal(await stream.next(), "6");
      assert.equal((await stream.post("2probe")).status, 200);
      assert.equal(await stream.next(), "3probe");
      assert.equal((await stream.post("5")).status, 200);
      await stream.post('420["ack one","over"]');
      assert.equal(await stream.packet(), '430["over"]');
      await stream.post("1");
      assert.equal(await stream.next(), undefined);
    });
  });
}
