// Handshakes, refusals and headers.
import { full, Polling, send, Wire } from "../wire.mjs";
import { table } from "../table.mjs";

export const { cases, add } = table("requests");
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
const QUERIES = [
  "", "?", "?EIO=4", "?transport=polling", "?EIO=4&transport=polling", "?transport=polling&EIO=4&t=1&x=%20&y=", "?EIO=3&transport=polling", "?EIO=5&transport=polling", "?EIO=4x&transport=polling",
  "?EIO=&transport=polling", "?EIO=4&transport=", "?EIO=4&transport=tobi", "?EIO=4&transport=__proto__", "?EIO=4&transport=constructor", "?EIO=4&transport=webtransport", "?EIO=4&transport=websocket", "?EIO=4&transport=POLLING",
  "?EIO=4&transport=polling&sid=nobody", "?EIO=4&transport=polling&sid=", "?EIO=4&transport=websocket&sid=nobody", "?EIO=4&transport=tobi&sid=nobody", "?EIO=3&transport=polling&sid=nobody",
  "?EIO=4&transport=polling&sid=__proto__", "?eio=4&transport=polling", "?EIO=4&EIO=3&transport=polling", "?EIO=4&transport=polling&transport=websocket", "?EIO=%34&transport=%70olling", "?EIO=4&transport=polling&b64=1", "?EIO=4&transport=polling&j=0",
];
for (const profile of ["engine4", "engine3"]) {
  for (const query of QUERIES) {
    for (const method of METHODS) {
      if (profile === "engine3" && method !== "GET") continue;
      // parity: 1.E10 1.E11 1.E15 1.X0 1.X1 1.X2 1.X3 1.X5
      add(`${method} ${query || "without a query"}`, profile, (server) => full(server, query, { method }));
    }
    // parity: 1.X0 1.X3 1.X5 1.X6
    add(`upgrade ${query || "without a query"}`, profile, async (server) => {
      const wire = await Wire.open(server, query);
      const heard = await wire.read(250);
      wire.socket.terminate();
      return heard.replace(/"sid":"[^"]+"/, '"sid":"<sid>"');
    });
  }
}
// parity: 1.X7
for (const method of ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]) {
  add(`${method} of a living session`, "engine4", async (server) => {
    const session = await Polling.open(server);
    return full(server, session.query, { method });
  });
}
// parity: 1.X3
for (const [title, query] of [["another transport", (sid) => `?EIO=4&transport=websocket&sid=${sid}`], ["no transport", (sid) => `?EIO=4&sid=${sid}`], ["no EIO", (sid) => `?transport=polling&sid=${sid}`], ["another protocol", (sid) => `?EIO=3&transport=polling&sid=${sid}`]]) {
  for (const profile of ["engine4", "engine3"]) {
    add(`a session asked with ${title}`, profile, async (server) => {
      const session = await Polling.open(server);
      return full(server, query(session.sid));
    });
  }
}
// parity: 1.E14
for (const path of ["x", "x/y", "/", ".", "..", "%2e"]) add(`path ${path} below the engine's`, "engine4", (server) => full(server, `${path}?EIO=4&transport=polling`));
// parity: 3.CORS
for (const [title, headers] of [["", {}], [" with an origin", { origin: "https://example.com" }], [" with a preflight", { origin: "https://example.com", "access-control-request-method": "POST", "access-control-request-headers": "x-token, content-type" }], [" of origin null", { origin: "null" }], [" with cookies", { origin: "https://example.com", cookie: "a=b" }]]) {
  for (const method of ["OPTIONS", "GET"]) add(`CORS: ${method}${title}`, "engine4", (server) => full(server, "?EIO=4&transport=polling", { method, headers }));
  add(`CORS: POST${title}`, "engine4", async (server) => {
    const session = await Polling.open(server);
    return full(server, session.query, { method: "POST", headers: { ...headers, "content-type": "text/plain" }, body: "4a" });
  });
  add(`CORS: upgrade${title}`, "engine4", async (server) => {
    const wire = await Wire.open(server, undefined, { headers });
    const heard = await wire.read();
    wire.socket.terminate();
    return heard.replace(/"sid":"[^"]+"/, '"sid":"<sid>"');
  });
}
// parity: 1.X4
add("an origin that no header may hold", "engine4", (server) => full(server, "?EIO=4&transport=polling", { headers: { origin: "http://é" } }));
// parity: 1.E15
for (const [title, agent] of [["MSIE", "Mozilla/4.0 (compatible;MSIE 8.0)"], ["Trident", "Mozilla/5.0 Trident/7.0"]]) {
  add(`X-XSS-Protection for ${title}`, "engine4", async (server) => (await send(server, "?EIO=4&transport=polling", { headers: { "user-agent": agent } })).headers["x-xss-protection"] ?? "none");
}
// parity: 1.P9
for (const encoding of ["gzip", "deflate", "gzip, deflate", "br", "identity", "*", "gzip;q=0", ""]) {
  add(`a long answer for Accept-Encoding ${encoding || "empty"}`, "engine4", async (server) => {
    const session = await Polling.open(server);
    await session.post("4".padEnd(3_000, "x"));
    const { status, headers } = await session.get({ headers: { "accept-encoding": encoding } });
    return [status, headers["content-encoding"] ?? "none"];
  });
}
// parity: 1.E12
add("ids are twenty characters of base64url, and differ", "engine4", async (server) => {
  const sids = await Promise.all(Array.from({ length: 20 }, async () => (await Polling.open(server)).sid));
  return [sids.every((sid) => /^[\w-]{20}$/.test(sid)), new Set(sids).size];
}, [true, 20]);
// parity: 10.1 10.2 10.3 10.4
for (const name of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js", "socket.io.js.map", "socket.io.min.js.map", "socket.io.esm.min.js.map", "socket.io.msgpack.min.js.map", "socket.io.other.js", "socket.io.js/", "package.json", "socket.io.js?x=1", "socket.io.min.js.map?a=b"]) {
  for (const method of ["GET", "HEAD", "POST"]) {
    add(`client file ${method} ${name}`, "socketio5", async (server) => {
      const { status, headers, body } = await send(server, name, { method });
      const etag = headers.etag && /^"[\w.]+"$/.test(headers.etag) ? "a tag" : headers.etag;
      return { status, type: headers["content-type"], cache: headers["cache-control"], origin: headers["access-control-allow-origin"], etag, body: body.length > 1_000 ? "a file" : body };
    });
  }
}
// parity: 10.3
for (const weak of ["", "W/"]) {
  add(`client file already held ${weak}`, "socketio5", async (server) => {
    const { headers } = await send(server, "socket.io.js");
    const again = await send(server, "socket.io.js", { headers: { "if-none-match": `${weak}${headers.etag}` } });
    return [again.status, again.body];
  }, [304, ""]);
}
// parity: 10.4
for (const encoding of ["gzip", "br", "deflate", "gzip, br", "br, gzip", "identity", "br;q=0, gzip"]) {
  add(`client file for Accept-Encoding ${encoding}`, "socketio5", async (server) => (await send(server, "socket.io.js", { headers: { "accept-encoding": encoding } })).headers["content-encoding"] ?? "none");
}
