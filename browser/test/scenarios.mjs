// What is tried against the npm package's server and Sockeye. The same functions run in Node.js and, loaded as a module, in the
// page: hence nothing but the language and what they are given.

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function show(value) {
  return JSON.stringify(value, (_key, item) => {
    if (item instanceof ArrayBuffer || ArrayBuffer.isView(item)) return { bytes: [...new Uint8Array(item.buffer ?? item)] };
    return item === undefined ? "undefined" : item;
  });
}

function equal(actual, expected, what = "value") {
  check(show(actual) === show(expected), `${what}: ${show(actual)} instead of ${show(expected)}`);
}

function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error.message;
  }
  throw new Error("resolved");
}

// The upgrade can be over before the namespace is joined.
async function upgraded({ io: { engine } }) {
  if (engine.transport.name !== "websocket") await next(engine, "upgrade");
}

function counts(length) {
  return Array.from({ length }, (_, i) => i);
}

// Sockets of one scenario, closed at its end.
function opener({ io, url }) {
  const sockets = [];
  const open = (options, path = "") => {
    const socket = io(url + path, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 20, ...options });
    sockets.push(socket);
    return socket;
  };
  const closeAll = () => {
    for (const socket of sockets) {
      socket.disconnect();
      socket.io.disconnect();
    }
  };
  return [open, closeAll];
}

const polling = { transports: ["polling"] };
const websocket = { transports: ["websocket"] };
const upgrading = {};

async function exchange(open, options) {
  const socket = open(options);
  await next(socket, "connect");
  if (options === upgrading) await upgraded(socket);
  const name = options === polling ? "polling" : "websocket";
  equal(socket.io.engine.transport.name, name, "transport");
  const values = ["text", "", "ä€😀\u2028\u0000", 0, -1.5, true, null, { nested: [{ deep: [] }] }];
  equal(await new Promise((resolve) => socket.emit("echo", ...values, (...args) => resolve(args))), values);
  const long = "x€".repeat(100_000);
  equal(await socket.emitWithAck("echo", long), long);
  const [id, nsp, auth, query] = await new Promise((resolve) => socket.emit("whoami", (...args) => resolve(args)));
  equal([id, nsp, auth, query.transport], [socket.id, "/", {}, options === websocket ? "websocket" : "polling"]);
}

async function binary({ open, withoutBlobs }, options) {
  const socket = open(options);
  await next(socket, "connect");
  const data = Uint8Array.from({ length: 1000 }, (_, i) => i).buffer;
  const part = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
  // MessagePack is written at once, and a Blob has to be read first.
  const blob = withoutBlobs ? new TextEncoder().encode("blob") : new Blob(["blob"]);
  socket.emit("reply", "answer", data, { nested: [part, "text", blob] }, new ArrayBuffer(0));
  const [first, second, third] = await next(socket, "answer");
  equal(first, data);
  equal(second, { nested: [new Uint8Array([1, 2]), "text", new TextEncoder().encode("blob")] });
  equal(third.byteLength, 0);
  check(first instanceof ArrayBuffer && second.nested[0] instanceof ArrayBuffer, "attachments are ArrayBuffers");
  const big = new Uint8Array(500_000).fill(7).buffer;
  equal((await socket.emitWithAck("echo", { big })).big.byteLength, big.byteLength);
  socket.on("question", (value, ack) => ack({ value, own: part }));
  equal(await new Promise((resolve) => socket.emit("ask", 60_000, data, (...args) => resolve(args))), [
    null,
    { value: data, own: new Uint8Array([1, 2]) },
  ]);
  const ten = counts(10).map((i) => new Uint8Array([i]));
  socket.emit("reply", "ten", ...ten);
  equal(await next(socket, "ten"), ten);
}

export const scenarios = {
  "polling only": ({ open }) => exchange(open, polling),
  "websocket only": ({ open }) => exchange(open, websocket),
  upgrading: ({ open }) => exchange(open, upgrading),
  "binary over polling": (environment) => binary(environment, polling),
  "binary over websocket": (environment) => binary(environment, websocket),
  "binary over websocket as base64": (environment) => binary(environment, { ...websocket, forceBase64: true }),

  // Nothing is lost, doubled or reordered in either direction while the transport changes.
  async "order during the upgrade"({ open, control }) {
    await control("received");
    await control("hold upgrades");
    const socket = open();
    await next(socket, "connect");
    const ticks = [];
    const over = new Set();
    socket.on("tick", (number) => {
      ticks.push(number);
      over.add(socket.io.engine.transport.name);
    });
    const ticked = next(socket, "ticked");
    let isUpgraded = false;
    socket.io.engine.once("upgrade", () => (isUpgraded = true));
    socket.emit("flood", 2000);
    let sent = 0;
    let released = false;
    // One round per macrotask, so that requests, probe and upgrade happen in between.
    for (let after = 0; after < 20 || sent < 2000; after += isUpgraded ? 1 : 0) {
      for (let i = 0; i < 10; i++) socket.emit("note", sent++);
      await new Promise((resolve) => setTimeout(resolve));
      if (!released && sent >= 500 && ticks.length >= 500) {
        released = true;
        control("release upgrades");
      }
    }
    socket.emit("enough");
    const [count] = await ticked;
    await socket.emitWithAck("echo", "last");
    equal(ticks, counts(count), "events of the server");
    equal([...over], ["polling", "websocket"], "transports");
    equal((await control("received")).flat(), counts(sent), "events of the client");
    check(count >= 2000 && sent >= 2000, "enough events");
  },

  async "order over polling"({ open, control }) {
    await control("received");
    const socket = open(polling);
    for (const i of counts(1500)) socket.emit("note", i);
    await next(socket, "connect");
    for (const i of counts(1500)) socket.emit("note", 1500 + i);
    await socket.emitWithAck("echo", 0);
    equal((await control("received")).flat(), counts(3000));
  },

  async "acknowledgements and their timeouts"({ open }) {
    const socket = open();
    await next(socket, "connect");
    equal(await socket.timeout(60_000).emitWithAck("echo", "in time"), "in time");
    equal(await new Promise((done) => socket.timeout(60_000).emit("echo", 1, (...args) => done(args))), [null, 1]);
    equal(await rejection(socket.timeout(5).emitWithAck("silent")), "operation has timed out");
    const late = await new Promise((resolve) => socket.timeout(5).emit("silent", (error) => resolve(error.message)));
    equal(late, "operation has timed out");
    socket.on("question", (a, b, ack) => {
      ack(a + b);
      ack("twice");
    });
    const ask = (...args) => new Promise((resolve) => socket.emit("ask", ...args, (...answer) => resolve(answer)));
    equal(await ask(60_000, 1, 2), [null, 3]);
    socket.off("question");
    equal(await ask(5, 1, 2), ["operation has timed out"]);
    const pending = rejection(socket.emitWithAck("silent"));
    let dropped = true;
    socket.emit("silent", () => (dropped = false));
    socket.disconnect();
    equal(await pending, "socket has been disconnected");
    check(dropped, "an acknowledgement that takes no error is not called at the disconnection");
  },

  async "ackTimeout and retries"({ open, control }) {
    const plain = open({ ackTimeout: 5 });
    await next(plain, "connect");
    equal(await rejection(plain.emitWithAck("silent")), "operation has timed out");
    const socket = open({ retries: 2, ackTimeout: 1000 });
    await control("received");
    const results = [];
    await new Promise((resolve) => {
      socket.emit("flaky", 1, (...args) => results.push(args));
      socket.emit("flaky", 2, (...args) => resolve(results.push(args)));
    });
    equal(results, [
      [null, "done 1"],
      [null, "done 2"],
    ]);
    equal(await control("received"), [1, 1, 1, 2].map((number) => ["try", number]));
    const giveUp = open({ retries: 1, ackTimeout: 5 });
    const error = await new Promise((resolve) => giveUp.emit("silent", resolve));
    equal(error.message, "operation has timed out");
  },

  async "namespaces on one connection"({ open, io, url }) {
    const main = open({ forceNew: false });
    const chat = open({ forceNew: false }, "/chat");
    await Promise.all([next(main, "connect"), next(chat, "connect")]);
    check(main.io === chat.io && main.id !== chat.id, "one manager, two sockets");
    const names = [main, chat].map((socket) => new Promise((done) => socket.emit("whoami", (_id, nsp) => done(nsp))));
    equal(await Promise.all(names), ["/", "/chat"]);
    const { engine } = main.io;
    main.disconnect();
    equal([main.connected, chat.connected, engine.readyState], [false, true, "open"]);
    equal(await chat.emitWithAck("echo", 1), 1);
    main.connect();
    await next(main, "connect");
    check(main.io.engine === engine, "the connection was kept");
    const again = io(url + "/chat");
    check(again.io !== chat.io, "a namespace in use gets a connection of its own");
    again.io.disconnect();
    const separate = open({ forceNew: false, multiplex: false }, "/other");
    check(separate.io !== main.io, "without multiplex");
    const [error] = await next(separate, "connect_error");
    equal(error.message, "Invalid namespace");
  },

  async auth({ open }) {
    const refused = open({ auth: { token: "wrong" } }, "/admin");
    const [error] = await next(refused, "connect_error");
    check(error instanceof Error, "an error");
    equal([error.message, error.data, refused.active], ["not authorized", { token: "wrong" }, false]);
    refused.auth = (callback) => callback({ token: "secret" });
    refused.connect();
    await next(refused, "connect");
    const [, nsp, auth] = await new Promise((resolve) => refused.emit("whoami", (...args) => resolve(args)));
    equal([nsp, auth], ["/admin", { token: "secret" }]);
  },

  async "query of the address and of the options"({ open }) {
    const query = (socket) => new Promise((resolve) => socket.emit("whoami", (_id, _nsp, _auth, all) => resolve(all)));
    equal((await query(open({}, "/?a=1%202&b=x"))).a, "1 2");
    equal((await query(open({ query: { c: "ä&=" } }))).c, "ä&=");
  },

  async volatile({ open, control }) {
    await control("received");
    const socket = open(websocket);
    socket.volatile.emit("note", "offline");
    await next(socket, "connect");
    socket.volatile.emit("note", "connected");
    // The transport takes nothing more until the first batch has left.
    for (const i of counts(100)) socket.volatile.emit("note", i);
    await socket.emitWithAck("echo", 0);
    equal(await control("received"), [["connected"]]);
  },

  async "what is emitted offline is sent in order before the connect event"({ open, control }) {
    await control("received");
    const socket = open({ autoConnect: false });
    socket.on("connect", () => socket.emit("note", "connect"));
    for (const i of counts(50)) socket.emit("note", i);
    const acknowledged = socket.emitWithAck("echo", "buffered");
    const timedOut = rejection(socket.timeout(5).emitWithAck("note", "too late"));
    equal(await timedOut, "operation has timed out");
    equal(socket.sendBuffer.length, 51);
    socket.connect();
    equal(await acknowledged, "buffered");
    await socket.emitWithAck("echo", 0);
    equal((await control("received")).flat(), [...counts(50), "connect"]);
    equal(socket.sendBuffer.length, 0);
  },

  async "catch-all listeners"({ open }) {
    const socket = open();
    const [incoming, outgoing] = [[], []];
    socket.onAny((...args) => incoming.push(["second", ...args]));
    const first = (...args) => incoming.push(["first", ...args]);
    socket.prependAny(first);
    socket.onAnyOutgoing((...args) => outgoing.push(args));
    socket.emit("reply", "a", 1);
    equal(outgoing, [], "a buffered event is not sent yet");
    await next(socket, "a");
    equal(incoming, [
      ["first", "a", 1],
      ["second", "a", 1],
    ]);
    equal(outgoing, [["reply", "a", 1]]);
    socket.offAny(first).offAnyOutgoing();
    equal([socket.listenersAny().length, socket.listenersAnyOutgoing().length], [1, 0]);
    equal(socket.offAny().listenersAny(), []);
  },

  async "reasons of the server"({ open, garbling }) {
    for (const [options, event, argument, reason] of [
      [websocket, "kick", false, "io server disconnect"],
      [websocket, "kick", true, "io server disconnect"],
      [polling, "kick", true, "io server disconnect"],
      [websocket, "drop", null, "transport close"],
      [polling, "drop", null, "transport close"],
      [websocket, "garble", "rubbish", "parse error"],
      [polling, "garble", '2["connect"]', "parse error"],
    ]) {
      const socket = open({ ...options, reconnection: false, ...(event === "garble" && garbling) });
      await next(socket, "connect");
      socket.emit(event, argument);
      const [actual, details] = await next(socket, "disconnect");
      const isServer = reason === "io server disconnect";
      equal([actual, socket.connected, socket.id, socket.active], [reason, false, undefined, !isServer]);
      if (event === "drop") {
        const byTransport = options === polling ? "transport closed by the server" : "websocket connection closed";
        equal(details.description, byTransport);
      }
      if (event === "garble") check(details instanceof Error, "the decoder's error");
    }
  },

  async "disconnection by the client"({ open }) {
    for (const options of [polling, websocket]) {
      const socket = open(options);
      await next(socket, "connect");
      const { engine } = socket.io;
      let reason;
      socket.on("disconnect", (...args) => (reason = args));
      socket.disconnect();
      equal(reason, ["io client disconnect", "undefined"].slice(0, reason.length));
      if (engine.readyState !== "closed") await next(engine, "close");
      equal([socket.active, socket.connected, engine.readyState], [false, false, "closed"]);
      socket.connect();
      await next(socket, "connect");
      check(socket.io.engine !== engine, "a new connection");
    }
  },

  async "reconnection after the server is restarted"({ open, control }) {
    for (const options of [polling, websocket, upgrading]) {
      const socket = open(options);
      await next(socket, "connect");
      const { id, recovered } = socket;
      const reconnected = next(socket.io, "reconnect");
      const disconnected = next(socket, "disconnect");
      await control("received");
      const attempts = [];
      socket.io.on("reconnect_attempt", (attempt) => attempts.push(attempt));
      await control("stop");
      const [reason] = await disconnected;
      check(reason.startsWith("transport "), reason);
      for (const i of counts(20)) socket.emit("note", i);
      await next(socket, "connect_error");
      const connected = next(socket, "connect");
      await control("start");
      const [count] = await reconnected;
      await connected;
      equal(attempts, counts(count).map((i) => i + 1), "attempts");
      check(count > 1 && socket.id !== id && !recovered, "a new session");
      equal(await socket.emitWithAck("echo", 1), 1);
      equal((await control("received")).flat(), counts(20));
      socket.disconnect();
    }
  },

  async recovery({ io, recoveryUrl, recoveryControl, connectFirst }) {
    for (const options of [websocket, polling]) {
      const socket = io(recoveryUrl, { ...options, forceNew: true, reconnection: false });
      await next(socket, "connect");
      const { id, recovered } = socket;
      equal(recovered, false);
      const news = [];
      socket.on("news", (number) => news.push([number, socket.connected]));
      const first = next(socket, "news");
      await recoveryControl("emit", "news", 1);
      await first;
      socket.io.engine.close();
      equal(await recoveryControl("disconnection"), "transport close");
      await recoveryControl("emit", "news", 2);
      await recoveryControl("emit", "news", 3);
      let before;
      socket.once("connect", () => (before = news.length));
      socket.connect();
      await next(socket, "connect");
      equal([socket.recovered, socket.id], [true, id]);
      // Sockeye says over WebSocket who the client is before it says what was missed.
      equal(before, connectFirst && options === websocket ? 1 : 3, "events before connect");
      while (news.length < 3) await next(socket, "news");
      equal(news, [1, 2, 3].map((number) => [number, true]));
      socket.disconnect();
      equal(await recoveryControl("disconnection"), "client namespace disconnect");
    }
  },

  async "a port where nothing listens"({ io, deadUrl }) {
    for (const [transports, message] of [
      [["polling"], "xhr poll error"],
      [["websocket"], "websocket error"],
    ]) {
      const socket = io(deadUrl, {
        transports,
        forceNew: true,
        reconnectionAttempts: 3,
        reconnectionDelay: 5,
        randomizationFactor: 0,
      });
      const events = [];
      socket.on("connect_error", (error) => events.push([error.message, error.type]));
      for (const event of ["reconnect_attempt", "reconnect_error", "reconnect_failed"]) {
        socket.io.on(event, (value) => events.push([event, value instanceof Error ? value.message : value]));
      }
      const [error] = await next(socket, "connect_error");
      if (message === "xhr poll error") {
        equal([error.description, error.context.status, error.context.responseText], [0, 0, ""]);
      }
      equal([socket.active, socket.connected], [true, false]);
      await next(socket.io, "reconnect_failed");
      // `reconnect_error` follows the `reconnect_failed` that it leads to.
      await null;
      const failure = [message, "TransportError"];
      equal(events.slice(0, -2), [
        failure,
        ...[1, 2].flatMap((n) => [["reconnect_attempt", n], failure, ["reconnect_error", message]]),
        ["reconnect_attempt", 3],
        failure,
      ]);
      equal(events.slice(-2), [
        ["reconnect_failed", undefined],
        ["reconnect_error", message],
      ]);
      socket.disconnect();
    }
  },

  async "the next transport is tried on request"({ open, url, io }) {
    const socket = io(url, { transports: ["polling", "websocket"], tryAllTransports: true, forceNew: true,
      transportOptions: { polling: { path: "/nowhere" } } });
    await next(socket, "connect");
    equal(socket.io.engine.transport.name, "websocket");
    socket.disconnect();
    const without = open({ transportOptions: { polling: { path: "/nowhere" } }, ...polling, reconnection: false });
    // The test server answers any other path with a page.
    const [error] = await next(without, "connect_error");
    equal([error.message, error.code], ["server error", "parser error"]);
  },

  async "rememberUpgrade starts with websocket"({ open }) {
    const first = open();
    await next(first, "connect");
    await upgraded(first);
    const second = open({ rememberUpgrade: true });
    await next(second, "connect");
    equal(second.io.engine.transport.name, "websocket");
  },

  async "credentials and headers"({ open }) {
    const socket = open({ withCredentials: true, extraHeaders: { "x-test": "1" } });
    await next(socket, "connect");
    equal(await socket.emitWithAck("echo", 1), 1);
  },
};

/** Runs one scenario with what its environment provides. */
export async function run(name, environment) {
  const [open, closeAll] = opener(environment);
  try {
    await scenarios[name]({ ...environment, open });
  } finally {
    closeAll();
  }
}
