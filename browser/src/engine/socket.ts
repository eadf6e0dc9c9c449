import { decodeQuery, pageLocation, parse, type Query } from "../address.js";
import { Emitter, failure } from "../emitter.js";
import { watchers, type Moment } from "../lifecycle.js";
import { logOf } from "../log.js";
import { installTimers, type Timers } from "../timers.js";
import { because } from "./cause.js";
import type {
  EngineEvents,
  EngineOptions,
  HandshakeData,
  TransportCtor,
  TransportName,
  WriteOptions,
} from "./options.js";
import type { BinaryType, Packet, PacketType, RawData } from "./packet.js";
import type { CloseDetails, Transport, TransportOptions } from "./transport.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("engine.io-client:socket");

// A longer delay overflows the browser's timer, which then fires at once.
const LONGEST_DELAY = 2 ** 31 - 1;

/** The transports that are there without being given, in the order of preference. */
export const transportsByName: Record<string, TransportCtor> = {};

/** One Engine.IO connection: its handshake, heartbeat, write buffer and transports. It does not reconnect. */
export class Socket extends Emitter<{}, {}, EngineEvents> {
  static readonly protocol = 4;
  /** Whether the last connection of this page got to WebSocket. */
  static priorWebsocketSuccess = false;

  /** Session id; null before the handshake and after the end, which the reference's types do not say. */
  id: string = null!;
  transport!: Transport;
  binaryType: BinaryType = "arraybuffer";
  readyState!: "opening" | "open" | "closing" | "closed";
  /** Packets that no transport has taken yet, after those that are being sent. */
  writeBuffer: Packet[] = [];
  protected readonly opts: EngineOptions & Pick<TransportOptions, "path">;
  protected readonly transports: TransportName[];
  /** @internal */
  setTimeoutFn!: Timers["setTimeoutFn"];
  /** @internal */
  clearTimeoutFn!: Timers["clearTimeoutFn"];
  /** @internal */
  upgrading = false;
  /** @internal */
  maxPayload?: number;
  private _transportsByName = { ...transportsByName };
  private _prevBufferLen = 0;
  private _pingDelay = 0;
  private _pingTimeoutTimer: unknown;
  private _pingTimeoutTime = Infinity;
  private _cleanups!: (() => unknown)[];

  constructor(uri: string | undefined, options: EngineOptions & { path: string }) {
    super();
    const opts = (this.opts = {
      upgrade: true,
      timestampParam: "t",
      addTrailingSlash: true,
      transportOptions: {},
      ...options,
    });
    installTimers(this, opts);

    const page = pageLocation();
    let { hostname, port, secure = page?.protocol === "https:" } = opts;
    if (uri) {
      const address = parse(uri);
      hostname = address.host;
      port = address.port;
      secure = /s$/.test(address.protocol);
      if (address.query) opts.query = address.query as any;
    } else if (opts.host) {
      hostname = parse(opts.host).host || opts.host;
    }
    opts.secure = secure;
    opts.port = port || (!hostname && page?.port) || (secure ? "443" : "80");
    opts.hostname = hostname || page?.hostname || "localhost";
    if (typeof opts.query === "string") opts.query = decodeQuery(opts.query);
    opts.path = opts.path.replace(/\/$/, "") + (opts.addTrailingSlash ? "/" : "");

    const { transports, transportImplementations } = opts;
    if (transports && transportImplementations) {
      throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
    }
    const given: (TransportName | TransportCtor)[] = transportImplementations || transports || Object.keys(transportsByName);
    this.transports = given
      .map((item) => {
        if (typeof item !== "function") return item;
        const name: string = item.prototype.name;
        this._transportsByName[name] = item;
        return name;
      })
      .filter((name) => {
        // The class that only names WebTransport opens nothing.
        const known = this._transportsByName[name]?.prototype["doOpen"];
        if (LOG && !known) log('transport "%s" is not supported here: passed over', name);
        return known;
      });

    // Without a word to the application: the page is about to end, or to sleep.
    let hasLeft = false;
    const leave = () => {
      hasLeft = true;
      // What is emitted from here on waits for the page's return.
      this._pingTimeoutTime = 0;
      this._fire("$leave", []);
      this.transport?.off().close();
    };
    const watch = async (moment: Moment) => {
      if (moment === "pagehide") leave();
      else if (moment === "pageshow") hasLeft && this._onClose("transport close", { description: "the page was left" });
      else if (moment !== "offline") this._hasPingExpired();
      // A local server is reached without a network, and another one may be by what is left of it.
      else if (opts.hostname !== "localhost" && !(await this.transport?.reaches()))
        this._onClose("transport close", { description: "network connection lost" });
    };
    watchers.add(watch);
    this._cleanups = [() => watchers.delete(watch)];
    if (typeof addEventListener === "function" && opts.closeOnBeforeunload) {
      addEventListener("beforeunload", leave);
      this._cleanups.push(() => removeEventListener("beforeunload", leave));
    }
    this._open();
  }

  /** @internal */
  createTransport(name: string): Transport {
    if (LOG) log('creating transport "%s"', name);
    const query: Query = { ...this.opts.query, EIO: Socket.protocol, transport: name };
    if (this.id) query.sid = this.id;
    return new this._transportsByName[name]({ ...this.opts, query, socket: this, ...(this.opts.transportOptions as any)[name] });
  }

  private _open(): void {
    const { transports } = this;
    this.readyState = "opening";
    if (!transports.length) {
      this.setTimeoutFn(() => this._onError(failure("No transports available", { cause: because("no_transport") })), 0);
      return;
    }
    const remembered = this.opts.rememberUpgrade && Socket.priorWebsocketSuccess && transports.includes("websocket");
    this.setTransport(this.createTransport(remembered ? "websocket" : transports[0]));
    this.transport.open();
  }

  /** @internal */
  setTransport(transport: Transport): void {
    this.transport?.off();
    this.transport = transport
      .on("drain", () => this._onDrain())
      .on("packet", (packet) => this._onPacket(packet))
      .on("error", (error) => this._onError(error))
      .on("close", (details) => this._onClose("transport close", details));
  }

  private _onPacket(packet: Packet): void {
    if (this.readyState === "closed") return;
    const { type, data } = packet;
    if (LOG) log('socket receive: type "%s", data "%s"', type, data);
    this._fire("$packet", [packet]);
    this._fire("$heartbeat", []);
    if (type === "open" && !this.id) {
      this._onHandshake(data as string);
    } else if (type === "error" || !this.id) {
      this._onServerError(data);
    } else if (type === "ping") {
      this._sendPacket("pong");
      this.emitReserved("ping");
      this.emitReserved("pong");
      this._resetPingTimeout();
    } else if (type === "message") {
      this._fire("$data", [data]);
      this._fire("$message", [data]);
    }
  }

  private _onHandshake(json: string): void {
    let data: HandshakeData | undefined;
    try {
      data = JSON.parse(json);
    } catch {}
    // Anything can answer at the address: a page, another protocol.
    if (!data || typeof data.sid !== "string" || !(data.pingInterval + data.pingTimeout > 0)) {
      return this._onServerError("parser error");
    }
    this.emitReserved("handshake", data);
    this.id = this.transport.query.sid = data.sid;
    this._pingDelay = Math.min(data.pingInterval + data.pingTimeout, LONGEST_DELAY);
    this.maxPayload = data.maxPayload;
    this.readyState = "open";
    Socket.priorWebsocketSuccess = this.transport.name === "websocket";
    this.emitReserved("open");
    this.flush();
    this._resetPingTimeout();
    // A listener of `open` may have closed the socket; the compiler does not see that.
    if ((this.readyState as string) !== "open" || !this.opts.upgrade) return;
    this.transport.upgrade?.(data.upgrades);
  }

  private _resetPingTimeout(): void {
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
  _hasPingExpired(): boolean {
    const expired = Date.now() > this._pingTimeoutTime;
    if (expired && this._pingTimeoutTime) {
      if (LOG) log("throttled timer detected, scheduling connection close");
      this._pingTimeoutTime = 0;
      queueMicrotask(() => this._onClose("ping timeout"));
    }
    return expired;
  }

  private _onDrain(): void {
    this.writeBuffer.splice(0, this._prevBufferLen);
    // The `5` of an upgrade was not in the buffer: its drain must remove nothing.
    this._prevBufferLen = 0;
    if (this.writeBuffer.length) this.flush();
    else this.emitReserved("drain");
  }

  /** @internal */
  flush(): void {
    if (this.readyState === "closed" || !this.transport.writable || this.upgrading || !this.writeBuffer.length) return;
    const packets = this.transport.takeable(this.writeBuffer);
    if (LOG) log("flushing %d packets in socket", packets.length);
    this.transport.send(packets);
    this._prevBufferLen = packets.length;
    this.emitReserved("flush");
  }

  /** Sends a message; `onFlush` is called when the next packets are given to the transport. */
  write(data: RawData, options?: WriteOptions | null, onFlush?: () => void): this {
    this._sendPacket("message", data, options, onFlush);
    return this;
  }

  /** Alias of {@link Socket.write}. */
  send(data: RawData, options?: WriteOptions | null, onFlush?: () => void): this {
    return this.write(data, options, onFlush);
  }

  private _sendPacket(type: PacketType, data?: RawData, options?: WriteOptions | null, onFlush?: () => void): void {
    if (this.readyState.startsWith("clos")) return;
    if (typeof options === "function") {
      onFlush = options;
      options = null;
    }
    const packet: Packet = { type, data, options: { ...options, compress: options?.compress !== false } };
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    if (onFlush) this.once("flush", onFlush);
    this.flush();
  }

  /** Closes the connection after what was written has left, and after an upgrade that is under way. */
  close(): this {
    if (!this.readyState.startsWith("clos")) {
      this.readyState = "closing";
      const finish = () => this._onClose("forced close");
      const afterUpgrade = () => {
        if (this.upgrading) this.once("upgrade", finish).once("upgradeError", finish);
        else finish();
      };
      if (this.writeBuffer.length) this.once("drain", afterUpgrade);
      else afterUpgrade();
    }
    return this;
  }

  private _onServerError(code: unknown): void {
    this._onError(failure("server error", { code, cause: because(this.transport.explain()) }));
  }

  private _onError(error: Error): void {
    Socket.priorWebsocketSuccess = false;
    if (this.opts.tryAllTransports && this.transports.length > 1 && this.readyState === "opening") {
      this.transports.shift();
      return this._open();
    }
    this.emitReserved("error", error);
    this._onClose("transport error", error);
  }

  private _onClose(reason: string, description?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    if (LOG) log('socket close with reason: "%s"', reason);
    this.readyState = "closed";
    this.clearTimeoutFn(this._pingTimeoutTimer);
    for (const cleanup of this._cleanups) cleanup();
    if (this.transport) {
      this.transport.off("close");
      this.transport.close();
      this.transport.off();
    }
    this.id = null!;
    this.emitReserved("close", reason, description);
    // Afterwards, so that a listener can still see what was not sent.
    this.writeBuffer = [];
    this._prevBufferLen = 0;
  }
}
