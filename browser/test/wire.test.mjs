// The built bundle against servers that are written out byte by byte: what a well-behaved server never does.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";

globalThis.WebSocket ??= WebSocket;
const { io, WebSocket: WebSocketTransport } = await import("../dist/socket.io.esm.min.js");

const options = { timeout: 30_000 };
const handshake = { sid: "s1", upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 };
const open = (changes) => "0" + JSON.stringify({ ...handshake, ...changes });

async function listening(t, server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

function socketTo(t, url, changes) {
  const socket = io(url, { forceNew: true, reconnection: false, ...changes });
  t.after(() => {
    socket.disconnect();
    socket.io.disconnect();
  });
  return socket;
}

/** A client whose HTTP requests `answer` responds to. */
async function polling(t, answer, changes) {
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    answer(request, response, Buffer.concat(chunks).toString());
  });
  return socketTo(t, await listening(t, server), { transports: ["polling"], ...changes });
}

/** A client over WebSocket whose peer is passed to `serve`. */
async function overWebSocket(t, serve, changes, path = "") {
  const server = createServer();
  new WebSocketServer({ server }).on("connection", (peer, request) => {
    const queue = [];
    let wake;
    peer.on("message", (data, isBinary) => {
      queue.push(isBinary ? data : String(data));
      wake?.();
    });
    peer.next = async () => {
      while (!queue.length) await new Promise((resolve) => (wake = resolve));
      return queue.shift();
    };
    serve(peer, request);
  });
  return socketTo(t, (await listening(t, server)) + path, { transports: ["websocket"], ...changes });
}

const failure = async (socket) => (await once(socket, "connect_error"))[0];
// `once` of Node.js wants `removeListener`, which the client has.
const disconnection = (socket) => once(socket, "disconnect");

async function join(peer) {
  peer.send(open());
  const connect = await peer.next();
  peer.send('40{"sid":"n1"}');
  return connect;
}

for (const [what, body] of [
  ["a page", "<!DOCTYPE html><title>Welcome</title>"],
  ["nothing", ""],
  ["an Engine.IO 3 payload", '85:0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":5000}2:40'],
  ["a handshake that is not JSON", "0{sid}"],
  ["a handshake that is null", "0null"],
  ["a handshake without a session id", '0{"pingInterval":1,"pingTimeout":1}'],
  ["a handshake without a heartbeat", '0{"sid":"a"}'],
  ["something before the handshake", "6\x1e" + open()],
  ["broken base64", "b***"],
]) {
  test(`${what} instead of a handshake`, options, async (t) => {
    const error = await failure(await polling(t, (_request, response) => response.end(body)));
    assert.deepEqual([error.message, error.code], ["server error", body[0] === "6" ? undefined : "parser error"]);
  });
}

test("upgrades of any type are survived", options, async (t) => {
  for (const upgrades of [undefined, null, 7, {}, [null, "constructor", "webtransport"]]) {
    const socket = await polling(t, (request, response, body) => {
      if (body) response.end("ok");
      else if (!request.url.includes("sid=")) response.end(open({ upgrades }));
      else if (!socket.connected) response.end('40{"sid":"n1"}');
    });
    await once(socket, "connect");
  }
});

for (const status of [400, 403, 404, 500, 204]) {
  test(`status ${status} of the handshake`, options, async (t) => {
    const body = status === 204 ? "" : '{"code":5,"message":"Unsupported protocol version"}';
    const socket = await polling(t, (_request, response) => response.writeHead(status).end(body));
    const error = await failure(socket);
    assert.equal(error.message, "xhr poll error");
    assert.equal(error.type, "TransportError");
    assert.equal(error.description, status);
    assert.deepEqual(error.context, { status, responseText: body });
  });
}

test("a refused POST closes the connection", options, async (t) => {
  const socket = await polling(t, (request, response) => {
    if (request.method === "POST") response.writeHead(413).end();
    else if (!request.url.includes("sid=")) response.end(open());
  });
  // `once` of Node.js rejects at an `error` event, which comes first.
  const [reason, error] = await new Promise((resolve) => socket.io.on("close", (...args) => resolve(args)));
  assert.deepEqual([reason, error.message, error.description, error.context.status], ["transport error", "xhr post error", 413, 413]);
});

test("an HTTP request that takes longer than requestTimeout", options, async (t) => {
  const error = await failure(await polling(t, () => {}, { requestTimeout: 5 }));
  assert.deepEqual([error.message, error.description, error.context.error.name], ["xhr poll error", 0, "AbortError"]);
});

test("a handshake that takes longer than timeout", options, async (t) => {
  const error = await failure(await polling(t, () => {}, { timeout: 5 }));
  assert.equal(error.message, "timeout");
});

for (const [what, changes] of [
  ["header", { extraHeaders: { "not valid": "x" } }],
  ["query", { query: { q: "\ud800" } }],
]) {
  test(`a ${what} that no request can have`, options, async (t) => {
    const error = await failure(await polling(t, () => {}, changes));
    assert.deepEqual([error.message, error.description, error.context.status], ["xhr poll error", 0, 0]);
    const other = await failure(await overWebSocket(t, () => {}, { ...changes, protocols: ["not valid"] }));
    assert.equal(other.message, "websocket error");
  });
}

test("no transport that there is", options, async (t) => {
  const error = await failure(await polling(t, () => {}, { transports: ["webtransport"] }));
  assert.deepEqual([error.message, error.cause.code], ["No transports available", "no_transport"]);
});

test("a WebSocket that closes before the handshake", options, async (t) => {
  const error = await failure(await overWebSocket(t, (peer) => peer.close()));
  assert.equal(error.message, "transport close");
});

test("a WebSocket that says something else", options, async (t) => {
  const error = await failure(await overWebSocket(t, (peer) => peer.send("hello")));
  assert.deepEqual([error.message, error.code], ["server error", "parser error"]);
});

test("a server of Socket.IO 2", options, async (t) => {
  const error = await failure(
    await overWebSocket(t, (peer) => {
      peer.send(open());
      peer.send("40");
    }),
  );
  assert.match(error.message, /v2\.x with a v3\.x client/);
});

for (const [payload, data] of [
  ['{"message":"no","data":{"a":1}}', { a: 1 }],
  ['"no"', undefined],
]) {
  test(`CONNECT_ERROR with ${payload}`, options, async (t) => {
    const socket = await overWebSocket(t, async (peer) => {
      peer.send(open());
      await peer.next();
      peer.send("44" + payload);
    });
    const error = await failure(socket);
    assert.deepEqual([error.message, error.data, socket.active], ["no", data, false]);
  });
}

for (const [message, ...frames] of [
  ["unknown packet type x", "4x"],
  ["Unknown type: undefined", "4"],
  ["invalid payload", "42{}"],
  ["invalid payload", '42["disconnect"]'],
  ["too many attachments", '4511-["a"]'],
  ["illegal attachments", '451-["a",{"_placeholder":true,"num":7}]', Buffer.from([1])],
  ["got plaintext data when reconstructing a packet", '451-["a",{"_placeholder":true,"num":0}]', '42["b"]'],
  ["got binary data when not reconstructing a packet", Buffer.from([1])],
]) {
  test(`parse error: ${frames[0]} (${message})`, options, async (t) => {
    const socket = await overWebSocket(t, async (peer) => {
      await join(peer);
      for (const frame of frames) peer.send(frame);
    });
    socket.onAny(() => assert.fail("an event"));
    const [reason, error] = await disconnection(socket);
    assert.deepEqual([reason, error.message], ["parse error", message]);
  });
}

test("an Engine.IO packet that cannot be read", options, async (t) => {
  const socket = await overWebSocket(t, async (peer) => {
    await join(peer);
    peer.send("<html>");
  });
  const [reason, error] = await disconnection(socket);
  assert.deepEqual([reason, error.message, error.code], ["transport error", "server error", "parser error"]);
});

test("after a parse error the client reconnects and starts afresh", options, async (t) => {
  let connections = 0;
  const changes = { reconnection: true, reconnectionDelay: 1 };
  const socket = await overWebSocket(
    t,
    async (peer) => {
      await join(peer);
      if (connections++) return peer.send('42["b"]');
      peer.send('452-["a"]');
      peer.send('42["c"]');
    },
    changes,
  );
  assert.deepEqual(await disconnection(socket).then(([reason]) => reason), "parse error");
  await once(socket, "b");
});

test("a server that is silent for longer than it said", options, async (t) => {
  const socket = await overWebSocket(t, async (peer) => {
    peer.send(open({ pingInterval: 5, pingTimeout: 5 }));
    await peer.next();
    peer.send('40{"sid":"n1"}');
  });
  const [reason] = await once(socket.io, "close");
  assert.equal(reason, "ping timeout");
});

test("a ping is answered, and announced by the manager", options, async (t) => {
  let answered;
  const answer = new Promise((resolve) => (answered = resolve));
  const socket = await overWebSocket(t, async (peer) => {
    await join(peer);
    peer.send("2");
    answered(await peer.next());
  });
  await once(socket.io, "ping");
  assert.equal(await answer, "3");
});

test("where timers were held back, an emission finds out that the connection is dead", options, async (t) => {
  const socket = await overWebSocket(t, join);
  await once(socket, "connect");
  const now = Date.now();
  t.mock.method(Date, "now", () => now + 45_001);
  socket.emit("kept", 1);
  assert.deepEqual(socket.sendBuffer.map(({ data }) => data), [["kept", 1]]);
  assert.deepEqual((await disconnection(socket))[0], "ping timeout");
});

test("a heartbeat too long for a timer is not a timeout at once", options, async (t) => {
  const socket = await overWebSocket(t, async (peer) => {
    peer.send(open({ pingInterval: 1e12 }));
    await peer.next();
    peer.send('40{"sid":"n1"}');
    await peer.next();
    peer.send('42["pong"]');
  });
  await once(socket, "connect");
  await new Promise((resolve) => setTimeout(resolve, 2));
  socket.emit("ping");
  await once(socket, "pong");
});

test("no body is longer than maxPayload unless it is a single packet", options, async (t) => {
  const bodies = [];
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const socket = await polling(t, (request, response, body) => {
    if (request.method === "POST") {
      response.end("ok");
      if (body === "40") return bodies.push(body);
      bodies.push(body);
      if (body.includes("last")) finish();
    } else if (!request.url.includes("sid=")) response.end(open({ maxPayload: 100 }));
    else if (!socket.connected) response.end('40{"sid":"n1"}');
  });
  for (let i = 0; i < 20; i++) socket.emit("e", "ü".repeat(i));
  socket.emit("e", new Uint8Array(120));
  socket.emit("last");
  await finished;
  const long = bodies.filter((body) => Buffer.byteLength(body) > 100);
  assert.deepEqual(long, ["b" + Buffer.alloc(120).toString("base64")]);
  const packets = bodies.join("\x1e").split("\x1e").slice(1);
  assert.deepEqual(
    packets.slice(0, 20),
    Array.from({ length: 20 }, (_, i) => `42["e","${"ü".repeat(i)}"]`),
  );
  // Full bodies: no two neighbours would have fitted into one.
  for (let i = 1; i + 1 < bodies.length; i++) {
    assert.ok(Buffer.byteLength(bodies[i] + "\x1e" + bodies[i + 1].split("\x1e")[0]) > 100, bodies[i]);
  }
});

test("the requests of polling", options, async (t) => {
  const requests = [];
  const socket = await polling(
    t,
    ({ method, url, headers }, response, body) => {
      requests.push([method, url.replace(/([?&])t=[^&]+/, "$1t=*"), headers["content-type"], headers["x-a"], body]);
      if (method === "POST") response.end("ok");
      else if (!url.includes("sid=")) response.end(open());
      else if (!socket.connected) response.end('40{"sid":"n1"}');
      else response.end("1");
    },
    { query: { q: "a b" }, extraHeaders: { "X-A": "1" }, auth: { token: "ü" } },
  );
  await disconnection(socket);
  const type = "text/plain;charset=UTF-8";
  const base = "/socket.io/?q=a%20b&EIO=4&transport=polling";
  assert.deepEqual(requests.slice(0, 3).sort(), [
    ["GET", `${base}&t=*&sid=s1`, undefined, "1", ""],
    ["GET", `${base}&t=*`, undefined, "1", ""],
    ["POST", `${base}&t=*&sid=s1`, type, "1", '40{"token":"ü"}'],
  ]);
});

test("auth is answered late, twice and after the end", options, async (t) => {
  const callbacks = [];
  const packets = [];
  let joined;
  const changes = { auth: (callback) => callbacks.push(callback) };
  const socket = await overWebSocket(
    t,
    async (peer) => {
      peer.send(open());
      packets.push(await peer.next());
      peer.send('40{"sid":"n1"}');
      packets.push(await peer.next());
      joined();
    },
    changes,
  );
  const done = new Promise((resolve) => (joined = resolve));
  await once(socket.io, "open");
  socket.connect();
  assert.equal(callbacks.length, 1);
  callbacks[0]({ a: 1 });
  callbacks[0]({ a: 2 });
  await once(socket, "connect");
  socket.emit("e");
  await done;
  assert.deepEqual(packets, ['40{"a":1}', '42["e"]']);
  socket.disconnect();
  callbacks[0]({ a: 3 });
});

test("an acknowledgement is not sent to another session", options, async (t) => {
  const acknowledge = [];
  const received = [];
  let connections = 0;
  const socket = await overWebSocket(
    t,
    async (peer) => {
      await join(peer);
      if (!connections++) {
        peer.send('420["question"]');
        peer.send('421["question"]');
        peer.send('42["over"]');
      } else {
        received.push(await peer.next());
        peer.send('42["end"]');
      }
    },
    { reconnection: true, reconnectionDelay: 1 },
  );
  socket.on("question", (callback) => acknowledge.push(callback));
  await once(socket, "over");
  socket.io.engine.close();
  acknowledge[0]("while disconnected");
  await once(socket, "connect");
  acknowledge[1]("to the wrong session");
  socket.emit("e");
  await once(socket, "end");
  assert.deepEqual(received, ['42["e"]']);
});

test("an upgrade that breaks off at the last step leaves polling at work", options, async (t) => {
  let waiting;
  const bodies = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.method === "POST") {
      bodies.push(body);
      response.end("ok");
      if (body === '42["e"]') waiting.end('42["answer"]');
    } else if (!request.url.includes("sid=")) response.end(open({ upgrades: ["websocket"] }));
    else if (!socket.connected && bodies.length) response.end('40{"sid":"n1"}');
    else waiting = response;
  });
  new WebSocketServer({ server }).on("connection", (peer) => {
    peer.once("message", (data) => {
      assert.equal(String(data), "2probe");
      peer.send("3probe");
      peer.close();
    });
  });
  const url = await listening(t, server);
  const socket = socketTo(t, url);
  const [error] = await once(socket.io, "open").then(() => once(socket.io.engine, "upgradeError"));
  assert.deepEqual([error.message, error.transport], ["probe error: transport closed", "websocket"]);
  // Whichever GET was waiting is answered, if CONNECT was not.
  if (!socket.connected) {
    waiting?.end('40{"sid":"n1"}');
    await once(socket, "connect");
  }
  const answer = once(socket, "answer");
  socket.emit("e");
  await answer;
  assert.equal(socket.io.engine.transport.name, "polling");
});

test("a refused probe leaves polling at work", options, async (t) => {
  const server = createServer(async (request, response) => {
    await request.toArray();
    if (request.method === "POST") response.end("ok");
    else if (!request.url.includes("sid=")) response.end(open({ upgrades: ["websocket"] }));
    else if (!socket.connected) response.end('40{"sid":"n1"}');
  });
  server.on("upgrade", (_request, peer) => peer.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const socket = socketTo(t, await listening(t, server));
  const opened = once(socket.io, "open").then(() => once(socket.io.engine, "upgradeError"));
  const [error] = await opened;
  assert.match(error.message, /^probe error: TransportError: websocket error|^probe error: Error: websocket error/);
  if (!socket.connected) await once(socket, "connect");
  assert.equal(socket.io.engine.readyState, "open");
});

test("a connection given its transports as classes", options, async (t) => {
  const urls = [];
  const serve = (peer, request) => {
    urls.push(request.url);
    join(peer);
  };
  for (const changes of [
    { transports: [WebSocketTransport] },
    { transports: undefined, transportImplementations: [WebSocketTransport] },
  ]) {
    await once(await overWebSocket(t, serve, { ...changes, path: "/p", addTrailingSlash: false }), "connect");
  }
  assert.deepEqual(urls, Array(2).fill("/p?EIO=4&transport=websocket"));
});

test("another parser", options, async (t) => {
  class Encoder {
    encode(packet) {
      return ["!" + JSON.stringify(packet)];
    }
  }
  class Decoder {
    on(_event, listener) {
      this.listener = listener;
    }
    off() {
      this.listener = undefined;
    }
    add(text) {
      this.listener(JSON.parse(text.slice(1)));
    }
    destroy() {}
  }
  const packets = [];
  const serve = async (peer) => {
    peer.send(open());
    packets.push(JSON.parse((await peer.next()).slice(2)));
    peer.send('4!{"type":0,"nsp":"/n","data":{"sid":"n1"}}');
    packets.push(JSON.parse((await peer.next()).slice(2)));
    peer.send('4!{"type":2,"nsp":"/n","data":["b",1]}');
  };
  const socket = await overWebSocket(t, serve, { parser: { Encoder, Decoder } }, "/n");
  socket.emit("a");
  assert.deepEqual(await once(socket, "b"), [1]);
  assert.deepEqual(packets.map(({ type, nsp, data }) => [type, nsp, data]), [
    [0, "/n", undefined],
    [2, "/n", ["a"]],
  ]);
});

test("a listener that disconnects keeps what follows for the next connection", options, async (t) => {
  const socket = await overWebSocket(t, async (peer) => {
    peer.send(open());
    await peer.next();
    // As at a recovery: events come before the confirmation.
    peer.send('42["a",1]');
    peer.send('42["a",2]');
    peer.send('40{"sid":"n1"}');
  });
  const seen = [];
  socket.on("a", (value) => {
    seen.push(value);
    socket.disconnect();
  });
  socket.emit("later");
  await disconnection(socket);
  assert.deepEqual([seen, socket.receiveBuffer.length, socket.sendBuffer.length], [[1], 1, 1]);
});

test("reserved names cannot be emitted", options, async (t) => {
  const socket = await overWebSocket(t, join);
  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
    assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
  }
});

test("connect() in a listener of connect_error is the next attempt, and reconnection works afterwards", options, async (t) => {
  let connections = 0;
  const socket = await overWebSocket(
    t,
    async (peer) => {
      if (!connections++) return peer.close();
      await join(peer);
      if (connections === 2) peer.close();
    },
    { reconnection: true, reconnectionDelay: 1 },
  );
  socket.once("connect_error", () => socket.connect());
  assert.equal((await disconnection(socket))[0], "transport close");
  await once(socket, "connect");
  assert.equal(connections, 3);
});
