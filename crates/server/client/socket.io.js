/*! sockeye-client 0.1.0 | MIT OR Apache-2.0 */
(function(provide){"use strict";

// src/address.ts
var ADDRESS = /^(?:(https?|wss?):\/\/)?(?:[^@/?#]*@)?(?:\[([^\]]*)\]|([^:/?#]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?/;
function parse(address) {
  const [, protocol2 = "", ipv6, name = "", port = "", path = "", query = ""] = ADDRESS.exec(address) || [];
  return { protocol: protocol2, host: ipv6 || name, port, path, query };
}
function pageLocation() {
  return typeof location === "object" ? location : void 0;
}
function resolve(uri, path, base = pageLocation()) {
  const scheme = base && base.protocol !== "https:" ? "http:" : "https:";
  let source = uri || "/";
  if (/^\/(?!\/)/.test(source)) source = (base ? base.host : "localhost") + source;
  if (!parse(source).protocol) source = scheme + "//" + source.replace(/^\/\//, "");
  const target = parse(source);
  const port = target.port || (/s$/.test(target.protocol) ? "443" : "80");
  const host = bracketed(target.host);
  return {
    ...target,
    port,
    path: target.path || "/",
    source,
    id: `${target.protocol}://${host}:${port}${path}`
  };
}
function bracketed(host) {
  return host.includes(":") ? `[${host}]` : host;
}
function encodeQuery(query) {
  return Object.entries(query).map((pair) => pair.map((part) => encodeURIComponent(part)).join("=")).join("&");
}
function decodeQuery(text) {
  return Object.fromEntries(new URLSearchParams(text.replace(/\+/g, "%2B")));
}

// src/backoff.ts
var LARGEST_EXPONENT = 31;
var Backoff = class {
  constructor() {
    /** The first delay. */
    this.min = 1e3;
    /** The largest delay. */
    this.max = 5e3;
    /** Share of a delay, 0 to 1, by which it may deviate. */
    this.jitter = 0.5;
    /** Delays handed out since the last reset. */
    this.attempts = 0;
  }
  /** The next delay. */
  duration() {
    let delay = this.min * 2 ** Math.min(this.attempts++, LARGEST_EXPONENT);
    if (this.jitter > 0 && this.jitter <= 1) {
      const random = Math.random();
      const deviation = Math.floor(random * this.jitter * delay);
      delay += Math.floor(random * 10) % 2 ? deviation : -deviation;
    }
    return Math.floor(Math.min(delay, this.max));
  }
  /** Starts again with the smallest delay. */
  reset() {
    this.attempts = 0;
  }
};

// src/emitter.ts
var Emitter = class {
  /** Registers `listener` for `event`. */
  on(event, listener) {
    var _a;
    const callbacks = this._callbacks || (this._callbacks = {});
    (callbacks[_a = "$" + String(event)] || (callbacks[_a] = [])).push(listener);
    return this;
  }
  /** Registers `listener` for the next `event` only. */
  once(event, listener) {
    const callback = (...args) => {
      this.off(event, callback);
      listener.apply(this, args);
    };
    callback.fn = listener;
    return this.on(event, callback);
  }
  /** Removes one listener of an event, all listeners of an event, or (without arguments) every listener. */
  off(event, listener) {
    const callbacks = this._callbacks;
    if (!arguments.length) {
      this._callbacks = {};
    } else if (callbacks) {
      const key = "$" + String(event);
      const list = arguments.length > 1 && callbacks[key];
      const index = list ? list.findIndex((callback) => listener && (callback === listener || callback.fn === listener)) : -1;
      if (list && index >= 0) list.splice(index, 1);
      if (!list || !list.length) delete callbacks[key];
    }
    return this;
  }
  /** Calls the listeners of `event` with `args`. */
  emit(event, ...args) {
    for (const callback of [...this.listeners(event)]) callback.apply(this, args);
    return this;
  }
  /** The listeners of `event`. */
  listeners(event) {
    return this._callbacks?.["$" + String(event)] || [];
  }
  /** Whether `event` has a listener. */
  hasListeners(event) {
    return !!this.listeners(event).length;
  }
};
var methods = Emitter.prototype;
methods.emitReserved = methods.emit;
methods.addEventListener = methods.on;
methods.removeListener = methods.removeEventListener = methods.removeAllListeners = methods.off;
function subscribe(emitter, event, listener) {
  emitter.on(event, listener);
  return () => emitter.off(event, listener);
}

// src/timers.ts
var native = { setTimeout, clearTimeout };
function installTimers(target, useNative) {
  const source = useNative ? native : globalThis;
  target.setTimeoutFn = source.setTimeout.bind(globalThis);
  target.clearTimeoutFn = source.clearTimeout.bind(globalThis);
}

// src/engine/offline.ts
var listeners = /* @__PURE__ */ new Set();
if (typeof addEventListener === "function") {
  addEventListener("offline", () => {
    for (const listener of [...listeners]) listener();
  });
}
function onOffline(listener) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

// src/engine/packet.ts
var TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
var BASE64_PIECE = 32768;
var SEPARATOR = "";
function isBinary(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || typeof Blob === "function" && value instanceof Blob;
}
function toBase64(data) {
  const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  let text = "";
  for (let i = 0; i < bytes.length; i += BASE64_PIECE) {
    text += String.fromCharCode(...bytes.subarray(i, i + BASE64_PIECE));
  }
  return "b" + btoa(text);
}
function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes.buffer;
}
function encodePacket({ type, data }, supportsBinary) {
  if (!isBinary(data)) return TYPES.indexOf(type) + (data || "");
  if (supportsBinary) return data;
  return data instanceof Blob ? data.arrayBuffer().then(toBase64) : toBase64(data);
}
function encodePackets(packets, supportsBinary, done, failed) {
  const encoded = packets.map((packet) => encodePacket(packet, supportsBinary));
  if (encoded.some((part) => part instanceof Promise)) Promise.all(encoded).then(done, failed);
  else done(encoded);
}
function joinPayload(encoded) {
  return encoded.join(SEPARATOR);
}
function decodePacket(encoded, binaryType) {
  if (typeof encoded !== "string") return { type: "message", data: present(encoded, binaryType) };
  if (encoded[0] === "b") {
    try {
      return { type: "message", data: present(fromBase64(encoded.slice(1)), binaryType) };
    } catch {
      return { type: "error", data: "parser error" };
    }
  }
  const type = TYPES[encoded.charCodeAt(0) - 48];
  if (!type) return { type: "error", data: "parser error" };
  return encoded.length > 1 ? { type, data: encoded.slice(1) } : { type };
}
function decodePayload(payload, binaryType) {
  const packets = [];
  for (const encoded of payload.split(SEPARATOR)) {
    const packet = decodePacket(encoded, binaryType);
    packets.push(packet);
    if (packet.type === "error") break;
  }
  return packets;
}
function present(data, binaryType) {
  return binaryType === "blob" && !(data instanceof Blob) ? new Blob([data]) : data;
}
function encodedLength(data) {
  if (typeof data === "string") return new TextEncoder().encode(data).length;
  const length = data.size ?? data.byteLength;
  return Math.ceil(length / 3) * 4;
}

// src/engine/transport.ts
var TransportError = class extends Error {
  constructor(reason, description, context) {
    super(reason);
    this.type = "TransportError";
    this.description = description;
    this.context = context;
  }
};
var Transport = class extends Emitter {
  constructor(opts) {
    super();
    /** Whether `send` may be called: the packets of the last call are on their way. */
    this.writable = false;
    installTimers(this, opts.useNativeTimers);
    this.opts = opts;
    this.query = opts.query;
    this.socket = opts.socket;
    this.supportsBinary = !opts.forceBase64;
  }
  /** Starts connecting. */
  open() {
    this.readyState = "opening";
    this.doOpen();
    return this;
  }
  /** Closes the transport, in whichever state it is. */
  close() {
    if (this.readyState && this.readyState !== "closed") {
      this.doClose();
      this.onClose();
    }
    return this;
  }
  /** Sends packets. Those given to a transport that is not open are dropped. */
  send(packets) {
    if (this.readyState === "open") this.write(packets);
  }
  /** Calls back once nothing is under way; only polling can pause. */
  pause(_onPause) {
  }
  /** Takes back a pause. */
  resume() {
  }
  onError(reason, description, context) {
    return this.emitReserved("error", new TransportError(reason, description, context));
  }
  onOpen() {
    this.readyState = "open";
    this.writable = true;
    this.emitReserved("open");
  }
  onDrain() {
    this.writable = true;
    this.emitReserved("drain");
  }
  onData(data) {
    this.onPacket(decodePacket(data, this.socket.binaryType));
  }
  onPacket(packet) {
    this.emitReserved("packet", packet);
  }
  onClose(details) {
    this.readyState = "closed";
    this.emitReserved("close", details);
  }
  createUri(scheme, stamped, base64) {
    const { secure, hostname, port, path, timestampParam } = this.opts;
    const { query } = this;
    if (stamped) query[timestampParam] = Date.now().toString(36) + Math.random().toString(36).slice(2, 6);
    if (base64) query.b64 = 1;
    const origin = `${scheme}${secure ? "s" : ""}://${bracketed(hostname)}`;
    const shownPort = +port && +port !== (secure ? 443 : 80) ? ":" + port : "";
    return `${origin}${shownPort}${path}?${encodeQuery(query)}`;
  }
};

// src/engine/polling.ts
var POLL_ERROR = "xhr poll error";
var POST_ERROR = "xhr post error";
var Polling = class extends Transport {
  constructor() {
    super(...arguments);
    this.polling = false;
  }
  get name() {
    return "polling";
  }
  /** Stops polling, and calls back when the GET has returned and the POST is finished, so that no packet is lost. */
  pause(onPause) {
    this.readyState = "pausing";
    let waiting = 1;
    const settled = () => {
      if (--waiting || this.readyState !== "pausing") return;
      this.readyState = "paused";
      onPause();
    };
    if (this.polling) {
      waiting++;
      this.once("pollComplete", settled);
    }
    if (!this.writable) {
      waiting++;
      this.once("drain", settled);
    }
    settled();
  }
  resume() {
    if (this.readyState !== "pausing" && this.readyState !== "paused") return;
    this.readyState = "open";
    if (!this.polling) this.poll();
  }
  doOpen() {
    this.poll();
  }
  doClose() {
    if (this.readyState === "opening") this.controller.abort();
    else this.write([{ type: "close" }]);
  }
  write(packets) {
    this.writable = false;
    encodePackets(
      packets,
      false,
      (encoded) => this.request(POST_ERROR, () => this.onDrain(), joinPayload(encoded)),
      (error) => this.onError(POST_ERROR, error)
    );
  }
  onData(data) {
    for (const packet of decodePayload(data, this.socket.binaryType)) {
      if (this.readyState === "opening" && packet.type === "open") this.onOpen();
      if (packet.type === "close") {
        this.onClose({ description: "transport closed by the server" });
        break;
      }
      this.onPacket(packet);
    }
    if (this.readyState === "closed") return;
    this.polling = false;
    this.emitReserved("pollComplete");
    if (this.readyState === "open") this.poll();
  }
  poll() {
    this.polling = true;
    this.request(POLL_ERROR, (text) => this.onData(text));
    this.emitReserved("poll");
  }
  async request(failure, done, body) {
    const { extraHeaders, withCredentials, timestampRequests, requestTimeout } = this.opts;
    const context = { status: 0, responseText: "" };
    const controller = this.controller = new AbortController();
    const timer = requestTimeout && this.setTimeoutFn(() => controller.abort(), requestTimeout);
    try {
      const response = await fetch(
        this.createUri("http", timestampRequests !== false, !this.supportsBinary && !this.query.sid),
        {
          method: body ? "POST" : "GET",
          body,
          headers: body ? { ...extraHeaders, "Content-Type": "text/plain;charset=UTF-8" } : extraHeaders,
          signal: controller.signal,
          credentials: withCredentials ? "include" : "same-origin",
          // The close packet must outlive the page.
          keepalive: body === "1"
        }
      );
      context.responseText = await response.text();
      context.status = response.status;
    } catch (error) {
      context.error = error;
    }
    this.clearTimeoutFn(timer);
    if (context.status === 200) done(context.responseText);
    else this.setTimeoutFn(() => this.onError(failure, context.status, context), 0);
  }
};

// src/engine/upgrade.ts
var Upgrade = class {
  constructor(engine, name) {
    this.chosen = false;
    const transport = this.transport = engine.createTransport(name);
    this.engine = engine;
    this.subs = [
      subscribe(transport, "open", () => transport.send([{ type: "ping", data: "probe" }])),
      subscribe(transport, "packet", (packet) => this.onReply(packet)),
      subscribe(transport, "error", (error) => this.fail(": " + error)),
      subscribe(transport, "close", () => this.fail(": transport closed")),
      subscribe(engine, "close", () => this.fail(": socket closed")),
      subscribe(engine, "upgrading", (to) => to !== transport && this.abandon())
    ];
    transport.open();
  }
  onReply({ type, data }) {
    const { engine, transport } = this;
    if (type !== "pong" || data !== "probe") return this.fail("");
    if (engine.upgrading) return;
    this.chosen = engine.upgrading = true;
    engine.emitReserved("upgrading", transport);
    engine.constructor.priorWebsocketSuccess = transport.name === "websocket";
    engine.transport.pause(() => {
      if (!this.subs.length) return;
      this.detach();
      engine.setTransport(transport);
      transport.send([{ type: "upgrade" }]);
      engine.emitReserved("upgrade", transport);
      engine.upgrading = false;
      engine.flush();
    });
  }
  fail(cause) {
    const { engine, transport } = this;
    this.abandon();
    if (this.chosen) {
      engine.upgrading = false;
      engine.transport.resume();
      engine.flush();
    }
    engine.emitReserved("upgradeError", Object.assign(new Error("probe error" + cause), { transport: transport.name }));
  }
  abandon() {
    this.detach();
    this.transport.close();
  }
  detach() {
    for (const unsubscribe of this.subs.splice(0)) unsubscribe();
  }
};

// src/engine/websocket.ts
var WebSocketTransport = class extends Transport {
  get name() {
    return "websocket";
  }
  doOpen() {
    const { protocols, extraHeaders, timestampRequests } = this.opts;
    try {
      const Constructor = WebSocket;
      this.ws = new Constructor(
        this.createUri("ws", timestampRequests, !this.supportsBinary),
        protocols || [],
        extraHeaders && { headers: extraHeaders }
      );
    } catch (error) {
      this.setTimeoutFn(() => this.onError("websocket error", error), 0);
      return;
    }
    this.ws.binaryType = this.socket.binaryType;
    this.ws.onopen = () => this.onOpen();
    this.ws.onmessage = (event) => this.onData(event.data);
    this.ws.onerror = (event) => this.onError("websocket error", event);
    this.ws.onclose = (event) => this.onClose({ description: "websocket connection closed", context: event });
  }
  doClose() {
    if (!this.ws) return;
    this.ws.onerror = () => {
    };
    this.ws.close();
  }
  write(packets) {
    this.writable = false;
    encodePackets(
      packets,
      this.supportsBinary,
      (encoded) => {
        try {
          for (const data of encoded) this.ws.send(data);
        } catch {
        }
        queueMicrotask(() => this.onDrain());
      },
      (error) => this.onError("websocket error", error)
    );
  }
};

// src/engine/socket.ts
var LONGEST_DELAY = 2 ** 31 - 1;
var TRANSPORTS = { polling: Polling, websocket: WebSocketTransport };
var _Socket = class _Socket extends Emitter {
  constructor(uri, options = {}) {
    super();
    /** Session id; null before the handshake and after the end. */
    this.id = null;
    this.binaryType = "arraybuffer";
    /** Packets that no transport has taken yet, after those that are being sent. */
    this.writeBuffer = [];
    /** @internal */
    this.upgrading = false;
    this._transportsByName = { ...TRANSPORTS };
    this._prevBufferLen = 0;
    this._pingDelay = 0;
    this._pingTimeoutTime = Infinity;
    this._cleanups = [];
    if (uri && typeof uri === "object") {
      options = uri;
      uri = null;
    }
    const opts = this.opts = {
      path: "/engine.io",
      upgrade: true,
      timestampParam: "t",
      addTrailingSlash: true,
      transportOptions: {},
      ...options
    };
    installTimers(this, opts.useNativeTimers);
    const page = pageLocation();
    let { hostname, port, secure = page?.protocol === "https:" } = opts;
    if (uri) {
      const address = parse(uri);
      hostname = address.host;
      port = address.port;
      secure = /s$/.test(address.protocol);
      if (address.query) opts.query = address.query;
    } else if (opts.host) {
      hostname = parse(opts.host).host || opts.host;
    }
    opts.secure = this.secure = secure;
    opts.port = this.port = port || !hostname && page?.port || (secure ? "443" : "80");
    opts.hostname = this.hostname = hostname || page?.hostname || "localhost";
    if (typeof opts.query === "string") opts.query = decodeQuery(opts.query);
    opts.path = opts.path.replace(/\/$/, "") + (opts.addTrailingSlash ? "/" : "");
    const { transports, transportImplementations } = opts;
    if (transports && transportImplementations) {
      throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
    }
    const given = transportImplementations || transports || Object.keys(TRANSPORTS);
    this.transports = given.map((item) => {
      if (typeof item !== "function") return item;
      const name = item.prototype.name;
      this._transportsByName[name] = item;
      return name;
    }).filter((name) => this._transportsByName[name]);
    if (typeof addEventListener === "function" && opts.closeOnBeforeunload) {
      const leave = () => {
        this.transport.off();
        this.transport.close();
      };
      addEventListener("beforeunload", leave);
      this._cleanups.push(() => removeEventListener("beforeunload", leave));
    }
    if (this.hostname !== "localhost") {
      const lost = () => this._onClose("transport close", { description: "network connection lost" });
      this._cleanups.push(onOffline(lost));
    }
    this._open();
  }
  /** @internal */
  createTransport(name) {
    const query = { ...this.opts.query, EIO: _Socket.protocol, transport: name };
    if (this.id) query.sid = this.id;
    return new this._transportsByName[name]({ ...this.opts, query, socket: this, ...this.opts.transportOptions[name] });
  }
  _open() {
    const { transports } = this;
    this.readyState = "opening";
    if (!transports.length) {
      this.setTimeoutFn(() => this.emitReserved("error", "No transports available"), 0);
      return;
    }
    const remembered = this.opts.rememberUpgrade && _Socket.priorWebsocketSuccess && transports.includes("websocket");
    this.setTransport(this.createTransport(remembered ? "websocket" : transports[0]));
    this.transport.open();
  }
  /** @internal */
  setTransport(transport) {
    this.transport?.off();
    this.transport = transport.on("drain", () => this._onDrain()).on("packet", (packet) => this._onPacket(packet)).on("error", (error) => this._onError(error)).on("close", (details) => this._onClose("transport close", details));
  }
  _onPacket(packet) {
    if (this.readyState === "closed") return;
    const { type, data } = packet;
    this.emitReserved("packet", packet);
    this.emitReserved("heartbeat");
    if (type === "error" || !this.id && type !== "open") {
      this._onServerError(data);
    } else if (type === "open" && !this.id) {
      this._onHandshake(data);
    } else if (type === "ping") {
      this._sendPacket("pong");
      this.emitReserved("ping");
      this.emitReserved("pong");
      this._resetPingTimeout();
    } else if (type === "message") {
      this.emitReserved("data", data);
      this.emitReserved("message", data);
    }
  }
  _onHandshake(json) {
    let data;
    try {
      data = JSON.parse(json);
    } catch {
    }
    if (!data || typeof data.sid !== "string" || !(data.pingInterval + data.pingTimeout > 0)) {
      return this._onServerError("parser error");
    }
    this.emitReserved("handshake", data);
    this.id = this.transport.query.sid = data.sid;
    this._pingDelay = Math.min(data.pingInterval + data.pingTimeout, LONGEST_DELAY);
    this._maxPayload = data.maxPayload;
    this.readyState = "open";
    _Socket.priorWebsocketSuccess = this.transport.name === "websocket";
    this.emitReserved("open");
    this.flush();
    this._resetPingTimeout();
    if (this.readyState !== "open" || !this.opts.upgrade) return;
    for (const name of this.transports) {
      if (![].concat(data.upgrades).includes(name)) continue;
      _Socket.priorWebsocketSuccess = false;
      new Upgrade(this, name);
    }
  }
  _resetPingTimeout() {
    this.clearTimeoutFn(this._pingTimeoutTimer);
    if (this.readyState === "closed") return;
    this._pingTimeoutTime = Date.now() + this._pingDelay;
    this._pingTimeoutTimer = this.setTimeoutFn(() => this._onClose("ping timeout"), this._pingDelay);
  }
  /**
   * Whether the server has been silent for too long. Timers are held back in a tab that is not seen and while the
   * computer sleeps, so that the clock is asked before a packet is trusted to the connection.
   *
   * @internal
   */
  _hasPingExpired() {
    const expired = Date.now() > this._pingTimeoutTime;
    if (expired && this._pingTimeoutTime) {
      this._pingTimeoutTime = 0;
      queueMicrotask(() => this._onClose("ping timeout"));
    }
    return expired;
  }
  _onDrain() {
    this.writeBuffer.splice(0, this._prevBufferLen);
    this._prevBufferLen = 0;
    if (this.writeBuffer.length) this.flush();
    else this.emitReserved("drain");
  }
  /** @internal */
  flush() {
    if (this.readyState === "closed" || !this.transport.writable || this.upgrading || !this.writeBuffer.length) return;
    const packets = this._writablePackets();
    this.transport.send(packets);
    this._prevBufferLen = packets.length;
    this.emitReserved("flush");
  }
  // Engine.IO 4, "maxPayload": a longer body is refused with 413. One packet alone is tried in any case.
  _writablePackets() {
    const { writeBuffer, _maxPayload } = this;
    let size = -1;
    const end = _maxPayload && this.transport.name === "polling" ? writeBuffer.findIndex(({ data }, i) => (size += 2 + (data ? encodedLength(data) : 0)) > _maxPayload && i) : -1;
    return writeBuffer.slice(0, end < 0 ? void 0 : end);
  }
  /** Sends a message; `onFlush` is called when the next packets are given to the transport. */
  write(data, options, onFlush) {
    this._sendPacket("message", data, options, onFlush);
    return this;
  }
  /** Alias of {@link Socket.write}. */
  send(data, options, onFlush) {
    return this.write(data, options, onFlush);
  }
  _sendPacket(type, data, options, onFlush) {
    if (this.readyState === "closing" || this.readyState === "closed") return;
    if (typeof options === "function") {
      onFlush = options;
      options = null;
    }
    const packet = { type, data, options: { ...options, compress: options?.compress !== false } };
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    if (onFlush) this.once("flush", onFlush);
    this.flush();
  }
  /** Closes the connection after what was written has left, and after an upgrade that is under way. */
  close() {
    if (this.readyState !== "opening" && this.readyState !== "open") return this;
    this.readyState = "closing";
    const finish = () => {
      this.off("upgrade", finish).off("upgradeError", finish);
      this._onClose("forced close");
    };
    const afterUpgrade = () => {
      if (this.upgrading) this.once("upgrade", finish).once("upgradeError", finish);
      else finish();
    };
    if (this.writeBuffer.length) this.once("drain", afterUpgrade);
    else afterUpgrade();
    return this;
  }
  _onServerError(code) {
    this._onError(Object.assign(new Error("server error"), { code }));
  }
  _onError(error) {
    _Socket.priorWebsocketSuccess = false;
    if (this.opts.tryAllTransports && this.transports.length > 1 && this.readyState === "opening") {
      this.transports.shift();
      return this._open();
    }
    this.emitReserved("error", error);
    this._onClose("transport error", error);
  }
  _onClose(reason, description) {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.clearTimeoutFn(this._pingTimeoutTimer);
    for (const cleanup of this._cleanups) cleanup();
    if (this.transport) {
      this.transport.off("close");
      this.transport.close();
      this.transport.off();
    }
    this.id = null;
    this.emitReserved("close", reason, description);
    this.writeBuffer = [];
    this._prevBufferLen = 0;
  }
};
_Socket.protocol = 4;
/** Whether the last connection of this page got to WebSocket. */
_Socket.priorWebsocketSuccess = false;
var Socket = _Socket;

// src/protocol/packet.ts
var protocol = 5;
var RESERVED = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;
function isReserved(event) {
  return RESERVED.test(event);
}

// src/protocol/decoder.ts
var PACKET = /^([0-6])(?:(\d*)-)?(?:(\/[^,]*),?)?(\d*)(.*)$/s;
var Decoder = class extends Emitter {
  constructor(opts) {
    super();
    this.expected = 0;
    this.buffers = [];
    this.opts = { maxAttachments: 10, ...typeof opts === "function" ? { reviver: opts } : opts };
  }
  /**
   * Takes what one Engine.IO message contained.
   *
   * Throws if that is not part of a valid packet; the decoder must be destroyed then.
   */
  add(data) {
    if (typeof data === "string") this.addText(data);
    else if (isBinary(data)) this.addAttachment(data);
    else throw new Error("Unknown type: " + data);
  }
  /** Forgets a packet that was only received in part. */
  destroy() {
    this.incomplete = void 0;
    this.buffers = [];
  }
  addText(text) {
    if (this.incomplete) throw new Error("got plaintext data when reconstructing a packet");
    const [, digit, count, nsp = "/", id, json] = PACKET.exec(text) || [];
    if (!digit) throw new Error("unknown packet type " + text[0]);
    const hasAttachments = +digit >= 5 /* BINARY_EVENT */;
    if (hasAttachments !== (count !== void 0) || hasAttachments && !(+count >= 1)) {
      throw new Error("Illegal attachments");
    }
    if (+count > this.opts.maxAttachments) throw new Error("too many attachments");
    const packet = { type: hasAttachments ? +digit - 3 : +digit, nsp };
    if (id) packet.id = +id;
    if (json) {
      packet.data = this.parse(json);
      if (!isPayloadValid(packet)) throw new Error("invalid payload");
    }
    if (hasAttachments) {
      this.incomplete = packet;
      this.expected = +count;
    } else {
      this.emitReserved("decoded", packet);
    }
  }
  addAttachment(data) {
    const packet = this.incomplete;
    if (!packet) throw new Error("got binary data when not reconstructing a packet");
    if (this.buffers.push(data) === this.expected) {
      packet.data = attach(packet.data, this.buffers);
      this.destroy();
      this.emitReserved("decoded", packet);
    }
  }
  parse(json) {
    try {
      return JSON.parse(json, this.opts.reviver);
    } catch {
      throw new Error("invalid payload");
    }
  }
};
function isPayloadValid({ type, data }) {
  const isObject = Object.prototype.toString.call(data) === "[object Object]";
  if (type === 0 /* CONNECT */) return isObject;
  if (type === 1 /* DISCONNECT */) return false;
  if (type === 4 /* CONNECT_ERROR */) return isObject || typeof data === "string";
  if (!Array.isArray(data) || type === 3 /* ACK */) return Array.isArray(data);
  return typeof data[0] === "number" || typeof data[0] === "string" && !isReserved(data[0]);
}
function attach(value, buffers) {
  if (!value || typeof value !== "object") return value;
  if (value._placeholder === true) {
    const buffer = typeof value.num === "number" && buffers[value.num];
    if (!buffer) throw new Error("illegal attachments");
    return buffer;
  }
  for (const key of Object.keys(value)) value[key] = attach(value[key], buffers);
  return value;
}

// src/protocol/encoder.ts
var Encoder = class {
  /** `replacer` is passed to `JSON.stringify`. */
  constructor(replacer) {
    this.replacer = replacer;
  }
  /** The text of the packet, followed by its attachments. */
  encode(packet) {
    const { type, nsp, id, data } = packet;
    const attachments = [];
    const hasAttachments = (type === 2 /* EVENT */ || type === 3 /* ACK */) && containsBinary(data);
    const json = data == null ? "" : JSON.stringify(data, hasAttachments ? detaching(attachments, this.replacer) : this.replacer);
    const head = hasAttachments ? type + 3 + `${attachments.length}-` : type;
    return [head + (nsp && nsp !== "/" ? nsp + "," : "") + (id ?? "") + json, ...attachments];
  }
};
function detaching(attachments, replacer) {
  return function(key, value) {
    const original = this[key];
    if (isBinary(original)) return { _placeholder: true, num: attachments.push(original) - 1 };
    return replacer ? replacer.call(this, key, value) : value;
  };
}
function containsBinary(value, fromJSON) {
  if (!value || typeof value !== "object") return false;
  if (isBinary(value)) return true;
  if (typeof value.toJSON === "function" && !fromJSON) return containsBinary(value.toJSON(), true);
  return Object.values(value).some((item) => containsBinary(item));
}

// src/socket.ts
var Socket2 = class extends Emitter {
  constructor(io2, nsp, opts) {
    super();
    this.connected = false;
    /** Whether the last connection continued the session of the one before. */
    this.recovered = false;
    /** Events that arrived before the connection was confirmed. */
    this.receiveBuffer = [];
    /** Events to be sent at the next connection. */
    this.sendBuffer = [];
    this._queue = [];
    this.ids = 0;
    this.acks = {};
    this.flags = {};
    this._anyListeners = [];
    this._anyOutgoingListeners = [];
    this.io = io2;
    this.nsp = nsp;
    this._opts = { ...opts };
    if (opts?.auth) this.auth = opts.auth;
    if (io2._autoConnect) this.open();
  }
  /** Whether the socket is not connected. */
  get disconnected() {
    return !this.connected;
  }
  /** Whether the socket connects by itself when its manager does. */
  get active() {
    return !!this.subs;
  }
  /** Connects, unless the socket is connected or about to be. */
  connect() {
    const { io: io2 } = this;
    const isOpen = io2._readyState === "open";
    if (this.connected || this.subs && isOpen) return this;
    this.subs = this.subs || [
      subscribe(io2, "open", () => this.onopen()),
      subscribe(io2, "packet", (packet) => this.onpacket(packet)),
      subscribe(io2, "error", (error) => !this.connected && this.emitReserved("connect_error", error)),
      subscribe(io2, "close", (reason, description) => this.onclose(reason, description))
    ];
    if (!io2._reconnecting) io2.open();
    if (isOpen) this.onopen();
    return this;
  }
  /** Alias of {@link Socket.connect}. */
  open() {
    return this.connect();
  }
  /** Sends a `message` event. */
  send(...args) {
    return this.emit("message", ...args);
  }
  /** Sends an event. A function as the last argument is called with the server's acknowledgement. */
  emit(event, ...params) {
    if (isReserved(event)) throw new Error(`"${String(event)}" is a reserved event name`);
    const args = [event, ...params];
    const { flags, io: io2 } = this;
    this.flags = {};
    if (this._opts.retries && !flags.fromQueue && !flags.volatile) {
      this._addToQueue(args, flags);
      return this;
    }
    const packet = {
      type: 2 /* EVENT */,
      nsp: this.nsp,
      data: args,
      options: { compress: flags.compress !== false }
    };
    if (typeof args[args.length - 1] === "function") {
      packet.id = this.ids++;
      this._registerAck(packet.id, args.pop(), flags.timeout ?? this._opts.ackTimeout);
    }
    const isConnected = this.connected && !io2.engine._hasPingExpired();
    if (flags.volatile && !(isConnected && io2.engine.transport.writable)) return this;
    if (isConnected) this._send(packet);
    else this.sendBuffer.push(packet);
    return this;
  }
  /** Sends an event and waits for its acknowledgement. */
  emitWithAck(event, ...args) {
    return new Promise((resolve2, reject) => {
      const ack = (error, value) => error ? reject(error) : resolve2(value);
      ack.withError = true;
      this.emit(event, ...[...args, ack]);
    });
  }
  _registerAck(id, ack, timeout) {
    if (timeout === void 0) {
      this.acks[id] = ack;
      return;
    }
    const timer = this.io.setTimeoutFn(() => {
      delete this.acks[id];
      this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id);
      ack.call(this, new Error("operation has timed out"));
    }, timeout);
    const timed = (...args) => {
      this.io.clearTimeoutFn(timer);
      ack.apply(this, args);
    };
    timed.withError = true;
    this.acks[id] = timed;
  }
  // With `retries` events are sent one at a time, each when the one before it is acknowledged or given up.
  _addToQueue(args, flags) {
    const ack = typeof args[args.length - 1] === "function" ? args.pop() : void 0;
    const queued = { args, flags: { fromQueue: true, ...flags }, pending: false, tryCount: 0 };
    const settle = (error, ...response) => {
      if (queued !== this._queue[0]) return;
      queued.pending = false;
      if (!error || queued.tryCount > this._opts.retries) {
        this._queue.shift();
        ack?.(error, ...response);
      }
      this._drainQueue();
    };
    settle.withError = true;
    args.push(settle);
    this._queue.push(queued);
    this._drainQueue();
  }
  _drainQueue(force) {
    const [queued] = this._queue;
    if (!this.connected || !queued || queued.pending && !force) return;
    queued.pending = true;
    queued.tryCount++;
    this.flags = queued.flags;
    this.emit(...queued.args);
  }
  _send(packet) {
    for (const listener of [...this._anyOutgoingListeners]) listener.apply(this, packet.data);
    this.packet(packet);
  }
  packet(packet) {
    this.io._packet(packet);
  }
  onopen() {
    const { io: io2, auth } = this;
    const { engine } = io2;
    let sent = false;
    const connect = (data) => {
      if (sent || io2.engine !== engine || !this.subs) return;
      sent = true;
      this.packet({
        type: 0 /* CONNECT */,
        nsp: this.nsp,
        data: this._pid ? { pid: this._pid, offset: this._lastOffset, ...data } : data
      });
    };
    if (typeof auth === "function") auth(connect);
    else connect(auth);
  }
  onclose(reason, description) {
    this.connected = false;
    this.id = void 0;
    this.emitReserved("disconnect", reason, description);
    for (const id of Object.keys(this.acks)) {
      if (this.sendBuffer.some((packet) => String(packet.id) === id)) continue;
      const ack = this.acks[id];
      delete this.acks[id];
      if (ack.withError) ack.call(this, new Error("socket has been disconnected"));
    }
  }
  onpacket({ type, nsp, id, data }) {
    if (nsp !== this.nsp) return;
    if (type === 0 /* CONNECT */) {
      if (this.io._readyState !== "open") return;
      if (data?.sid) this.onconnect(data.sid, data.pid);
      else this.emitReserved("connect_error", new Error(VERSION_MISMATCH));
    } else if (type === 2 /* EVENT */ || type === 5 /* BINARY_EVENT */) {
      this.onevent(data || [], id);
    } else if (type === 3 /* ACK */ || type === 6 /* BINARY_ACK */) {
      this.onack(id, data || []);
    } else if (type === 1 /* DISCONNECT */) {
      this.destroy();
      this.onclose("io server disconnect");
    } else if (type === 4 /* CONNECT_ERROR */) {
      this.destroy();
      const { message = data, data: details } = data || {};
      this.emitReserved("connect_error", Object.assign(new Error(message), { data: details }));
    }
  }
  onevent(args, id) {
    if (this._pid && id == null && typeof args[args.length - 1] === "string") this._lastOffset = args[args.length - 1];
    if (id != null) args.push(this.ack(id));
    if (this.connected) this.emitEvent(args);
    else this.receiveBuffer.push(args);
  }
  emitEvent(args) {
    for (const listener of [...this._anyListeners]) listener.apply(this, args);
    this.emitReserved(...args);
  }
  ack(id) {
    const { engine } = this.io;
    let sent = false;
    return (...args) => {
      if (sent || !this.connected || engine !== this.io.engine) return;
      sent = true;
      this.packet({ type: 3 /* ACK */, nsp: this.nsp, id, data: args });
    };
  }
  onack(id, args) {
    const ack = this.acks[id];
    if (!ack) return;
    delete this.acks[id];
    ack.apply(this, ack.withError ? [null, ...args] : args);
  }
  onconnect(id, pid) {
    this.id = id;
    this.recovered = !!pid && this._pid === pid;
    this._pid = pid;
    this.connected = true;
    while (this.connected && this.receiveBuffer.length) this.emitEvent(this.receiveBuffer.shift());
    while (this.connected && this.sendBuffer.length) this._send(this.sendBuffer.shift());
    this._drainQueue(true);
    if (this.connected) this.emitReserved("connect");
  }
  destroy() {
    for (const unsubscribe of this.subs || []) unsubscribe();
    this.subs = void 0;
    this.io._destroy();
  }
  /** Leaves the namespace, and closes the connection if no other socket uses it. */
  disconnect() {
    if (this.connected) this.packet({ type: 1 /* DISCONNECT */, nsp: this.nsp });
    this.destroy();
    if (this.connected) this.onclose("io client disconnect");
    return this;
  }
  /** Alias of {@link Socket.disconnect}. */
  close() {
    return this.disconnect();
  }
  /** Sets whether the next event may be compressed. */
  compress(compress) {
    this.flags.compress = compress;
    return this;
  }
  /** Makes the next event one that is dropped if it cannot be sent at once. */
  get volatile() {
    this.flags.volatile = true;
    return this;
  }
  /** Limits, in milliseconds, the wait for the next event's acknowledgement, whose callback then takes an error first. */
  timeout(timeout) {
    this.flags.timeout = timeout;
    return this;
  }
  /** Calls `listener` with the name and the arguments of every event that arrives. */
  onAny(listener) {
    this._anyListeners.push(listener);
    return this;
  }
  /** As {@link Socket.onAny}, before the listeners that are there. */
  prependAny(listener) {
    this._anyListeners.unshift(listener);
    return this;
  }
  /** Removes one listener of every event, or all. */
  offAny(listener) {
    this._anyListeners = without(this._anyListeners, listener);
    return this;
  }
  /** The listeners of every event. */
  listenersAny() {
    return this._anyListeners;
  }
  /** Calls `listener` with the name and the arguments of every event that is sent. */
  onAnyOutgoing(listener) {
    this._anyOutgoingListeners.push(listener);
    return this;
  }
  /** As {@link Socket.onAnyOutgoing}, before the listeners that are there. */
  prependAnyOutgoing(listener) {
    this._anyOutgoingListeners.unshift(listener);
    return this;
  }
  /** Removes one listener of every event sent, or all. */
  offAnyOutgoing(listener) {
    this._anyOutgoingListeners = without(this._anyOutgoingListeners, listener);
    return this;
  }
  /** The listeners of every event sent. */
  listenersAnyOutgoing() {
    return this._anyOutgoingListeners;
  }
};
var VERSION_MISMATCH = "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";
function without(list, listener) {
  const index = list.indexOf(listener);
  return listener ? list.filter((_, i) => i !== index) : [];
}

// src/manager.ts
var Manager = class extends Emitter {
  constructor(uri, opts = {}) {
    super();
    this._readyState = "closed";
    this._reconnecting = false;
    this.nsps = {};
    this.subs = [];
    this.backoff = new Backoff();
    this.skipReconnect = false;
    if (uri && typeof uri === "object") {
      opts = uri;
      uri = void 0;
    }
    opts.path = opts.path || "/socket.io";
    this.uri = uri;
    this.opts = opts;
    installTimers(this, opts.useNativeTimers);
    this.reconnection(opts.reconnection !== false).reconnectionAttempts(opts.reconnectionAttempts || Infinity).reconnectionDelay(opts.reconnectionDelay || 1e3).reconnectionDelayMax(opts.reconnectionDelayMax || 5e3).randomizationFactor(opts.randomizationFactor ?? 0.5).timeout(opts.timeout ?? 2e4);
    const parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder();
    this.decoder = new parser.Decoder();
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }
  reconnection(value) {
    if (!arguments.length) return this._reconnection;
    this._reconnection = !!value;
    if (!value) this.skipReconnect = true;
    return this;
  }
  reconnectionAttempts(value) {
    if (value === void 0) return this._reconnectionAttempts;
    this._reconnectionAttempts = value;
    return this;
  }
  reconnectionDelay(value) {
    if (value === void 0) return this.backoff.min;
    this.backoff.min = value;
    return this;
  }
  randomizationFactor(value) {
    if (value === void 0) return this.backoff.jitter;
    this.backoff.jitter = value;
    return this;
  }
  reconnectionDelayMax(value) {
    if (value === void 0) return this.backoff.max;
    this.backoff.max = value;
    return this;
  }
  timeout(value) {
    if (value === void 0) return this._timeout;
    this._timeout = value;
    return this;
  }
  /** Connects, unless it does so already. With a callback, a failure is not followed by another attempt. */
  open(callback) {
    if (this._readyState !== "closed") return this;
    const engine = this.engine = new Socket(this.uri, this.opts);
    this._readyState = "opening";
    this.skipReconnect = false;
    const onError = (error) => {
      this.cleanup();
      this._readyState = "closed";
      this.emitReserved("error", error);
      if (callback) callback(error);
      else if (this._readyState === "closed" && this._reconnection && !this.backoff.attempts) this.reconnect();
    };
    this.subs.push(
      subscribe(engine, "open", () => {
        this.onopen();
        callback?.();
      }),
      subscribe(engine, "error", onError),
      // Not every end is an error: the server may accept a WebSocket and close it before the handshake.
      subscribe(
        engine,
        "close",
        (reason, description) => onError(Object.assign(new Error(reason), { description }))
      )
    );
    if (this._timeout !== false) {
      const timer = this.setTimeoutFn(() => {
        onError(new Error("timeout"));
        engine.close();
      }, this._timeout);
      this.subs.push(() => this.clearTimeoutFn(timer));
    }
    return this;
  }
  /** Alias of {@link Manager.open}. */
  connect(callback) {
    return this.open(callback);
  }
  /** The socket of a namespace on this connection. */
  socket(nsp, opts) {
    let socket = this.nsps[nsp];
    if (!socket) {
      socket = this.nsps[nsp] = new Socket2(this, nsp, opts);
    } else if (this._autoConnect && !socket.active) {
      socket.connect();
    }
    return socket;
  }
  /** @internal */
  _destroy() {
    if (!Object.values(this.nsps).some((socket) => socket.active)) this._close();
  }
  /** @internal */
  _packet(packet) {
    for (const encoded of this.encoder.encode(packet)) this.engine.write(encoded, packet.options);
  }
  /** Closes the connection, which all sockets lose, and does not open it again. */
  _close() {
    this.skipReconnect = true;
    this._reconnecting = false;
    this.onclose("forced close");
  }
  /** Alias of `_close`. */
  disconnect() {
    this._close();
  }
  onopen() {
    this.cleanup();
    const { engine, decoder } = this;
    this._readyState = "open";
    this.subs.push(
      subscribe(engine, "ping", () => this.emitReserved("ping")),
      subscribe(engine, "data", (data) => this.ondata(data)),
      subscribe(engine, "error", (error) => this.emitReserved("error", error)),
      subscribe(engine, "close", (reason, description) => this.onclose(reason, description)),
      subscribe(decoder, "decoded", (packet) => {
        queueMicrotask(() => this.emitReserved("packet", packet));
      })
    );
    this.emitReserved("open");
  }
  ondata(data) {
    try {
      this.decoder.add(data);
    } catch (error) {
      this.onclose("parse error", error);
    }
  }
  cleanup() {
    for (const unsubscribe of this.subs.splice(0)) unsubscribe();
    this.decoder.destroy();
  }
  onclose(reason, description) {
    this.cleanup();
    this.engine?.close();
    this.backoff.reset();
    this._readyState = "closed";
    this.emitReserved("close", reason, description);
    if (this._reconnection && !this.skipReconnect) this.reconnect();
  }
  reconnect() {
    if (this._reconnecting || this.skipReconnect) return;
    if (this.backoff.attempts >= this._reconnectionAttempts) {
      this.backoff.reset();
      this.emitReserved("reconnect_failed");
      return;
    }
    this._reconnecting = true;
    const timer = this.setTimeoutFn(() => {
      this.emitReserved("reconnect_attempt", this.backoff.attempts);
      if (!this.skipReconnect) this.open((error) => this.onattempt(error));
    }, this.backoff.duration());
    this.subs.push(() => this.clearTimeoutFn(timer));
  }
  onattempt(error) {
    this._reconnecting = false;
    if (error) {
      this.reconnect();
      this.emitReserved("reconnect_error", error);
    } else {
      const { attempts } = this.backoff;
      this.backoff.reset();
      this.emitReserved("reconnect", attempts);
    }
  }
};

// src/lookup.ts
var cache = {};
function lookup(uri, opts = {}) {
  if (uri && typeof uri === "object") {
    opts = uri;
    uri = void 0;
  }
  const { id, path, query, source } = resolve(uri, opts.path || "/socket.io");
  const shared = cache[id];
  const isOwn = opts.forceNew || opts.multiplex === false || shared && path in shared["nsps"];
  const manager = !isOwn && shared || new Manager(source, opts);
  if (!isOwn) cache[id] = manager;
  if (query && !opts.query) opts.query = decodeQuery(query);
  return manager.socket(path, opts);
}
var io = Object.assign(lookup, { Manager, Socket: Socket2, io: lookup, connect: lookup, protocol });

// src/global.ts
provide(io);
})(function(io){typeof module=="object"&&typeof exports=="object"?module.exports=io:typeof define=="function"&&define.amd?define(function(){return io}):globalThis.io=io});
//# sourceMappingURL=socket.io.js.map
