import { backoff } from "./backoff.js";
import { Emitter, failure, subscribe, type DefaultEventsMap, type EventsMap } from "./emitter.js";
import type { EngineOptions } from "./engine/options.js";
import { Socket as Engine } from "./engine/socket.js";
import type { DisconnectDescription, SocketOptions } from "./options.js";
import { because } from "./engine/cause.js";
import { watchers, type Moment } from "./lifecycle.js";
import { logOf } from "./log.js";
import { Decoder } from "./protocol/decoder.js";
import { Encoder } from "./protocol/encoder.js";
import type { Packet } from "./protocol/packet.js";
import { Socket } from "./socket.js";
import { installTimers, type Timers } from "./timers.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("socket.io-client:manager");

// Methods that read or set what the option of that name began with; with `true`, 0 is no value, as in socket.io-client.
const ACCESSORS: [name: string, value: unknown, isZeroNothing?: boolean][] = [
  ["reconnection", true],
  ["reconnectionAttempts", Infinity, true],
  ["reconnectionDelay", 1000, true],
  ["reconnectionDelayMax", 5000, true],
  ["randomizationFactor", 0.5],
  ["timeout", 20000],
];

/** Options of a connection and of how it is kept up; times in milliseconds. */
export interface ManagerOptions extends EngineOptions {
  /** Whether not to share an existing connection. Default: false. */
  forceNew: boolean;
  /** Whether namespaces share a connection. Default: true. */
  multiplex: boolean;
  /** Path of the server's requests. Default: `/socket.io`. */
  path: string;
  /** Whether to reconnect. Default: true. */
  reconnection: boolean;
  /** Attempts before giving up. Default: Infinity. */
  reconnectionAttempts: number;
  /** First delay. Default: 1000. */
  reconnectionDelay: number;
  /** Largest delay. Default: 5000. */
  reconnectionDelayMax: number;
  /** Share by which a delay may deviate. Default: 0.5. */
  randomizationFactor: number;
  /** Time for one attempt to connect; false is no limit. Default: 20000. */
  timeout: number | false;
  /** Whether to connect at once. Default: true. */
  autoConnect: boolean;
  /** Another format of packets: the classes `Encoder` and `Decoder`. */
  parser: any;
}

/** Events of the {@link Manager}. */
export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, description?: DisconnectDescription) => void;
  reconnect_failed: () => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect: (attempt: number) => void;
}

/** A change of the transport that a connection uses. */
export interface TransportChange {
  /** The transport before; after an attempt to leave it that failed, the one that was tried. */
  from?: string;
  /** The transport after; undefined if the connection ended. */
  to?: string;
  /** Why: `open`, `upgrade`, what an attempt failed of, or the reason of the connection's end. */
  reason: string;
  /** When, in milliseconds since 1970. */
  at: number;
}

type OpenCallback = (error?: Error) => void;

/** A connection to one server, reconnected when it is lost, that the sockets of several namespaces share. */
export class Manager<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>
  extends Emitter<{}, {}, ManagerReservedEvents>
{
  /** The current connection. */
  engine!: Engine;
  opts: Partial<ManagerOptions>;
  /** The last 20 changes of the transport, the newest last. */
  transports: TransportChange[] = [];
  _autoConnect: boolean;
  _readyState: "opening" | "open" | "closed" = "closed";
  _reconnecting = false;
  /** @internal */
  setTimeoutFn!: Timers["setTimeoutFn"];
  /** @internal */
  clearTimeoutFn!: Timers["clearTimeoutFn"];
  private readonly uri?: string;
  private nsps: Record<string, Socket> = {};
  private subs: (() => void)[] = [];
  private attempts = 0;
  private encoder: Encoder;
  private decoder: Decoder;
  private skipReconnect = false;
  private _reconnection!: boolean;
  private _reconnectionAttempts!: number;
  private _reconnectionDelay!: number;
  private _reconnectionDelayMax!: number;
  private _randomizationFactor!: number;
  private _timeout!: number | boolean;

  constructor(opts: Partial<ManagerOptions>);
  constructor(uri?: string, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts: Partial<ManagerOptions> = {}) {
    super();
    if (uri && typeof uri === "object") {
      opts = uri;
      uri = undefined;
    }
    opts.path = opts.path || "/socket.io";
    this.uri = uri as string | undefined;
    this.opts = opts;
    installTimers(this, opts);
    for (const [name, value, isZeroNothing] of ACCESSORS) {
      const given = (opts as any)[name];
      (this as any)["_" + name] = isZeroNothing ? given || value : (given ?? value);
    }
    const parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder();
    this.decoder = new parser.Decoder();
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  /** Connects, unless it does so already. With a callback, a failure is not followed by another attempt. */
  open(callback?: OpenCallback): this {
    if (this._readyState !== "closed") return this;
    if (LOG) log("opening %s", this.uri);
    const engine = (this.engine = new Engine(this.uri, this.opts as ManagerOptions));
    this._readyState = "opening";
    this.skipReconnect = false;

    const onError = (error: Error) => {
      this.cleanup();
      this._readyState = "closed";
      this.emitReserved("error", error);
      if (callback) callback(error);
      // A listener may have called `connect()`: that is the next attempt then.
      else if ((this._readyState as string) === "closed" && !this.attempts) this.reconnect();
    };
    this.subs.push(
      subscribe(engine, "open", () => {
        this.onopen();
        callback?.();
      }),
      subscribe(engine, "error", onError),
      // Not every end is an error: the server may accept a WebSocket and close it before the handshake.
      subscribe(engine, "close", (reason, description) =>
        onError(failure(reason, { description, cause: because("closed_early") })),
      ),
    );
    if (this._timeout !== false) {
      const timer = this.setTimeoutFn(() => {
        // First, as what the application does with the error may throw.
        this.cleanup();
        engine.close();
        onError(failure("timeout", { cause: because("timeout") }));
      }, this._timeout as number);
      this.subs.push(() => this.clearTimeoutFn(timer));
    }
    return this;
  }

  /** Alias of {@link Manager.open}. */
  connect(callback?: OpenCallback): this {
    return this.open(callback);
  }

  /** The socket of a namespace on this connection. */
  socket(nsp: string, opts?: Partial<SocketOptions>): Socket<ListenEvents, EmitEvents> {
    let socket = this.nsps[nsp];
    if (!socket) {
      socket = this.nsps[nsp] = new Socket(this as unknown as Manager, nsp, opts);
    } else if (this._autoConnect && !socket.active) {
      socket.connect();
    }
    return socket as unknown as Socket<ListenEvents, EmitEvents>;
  }

  /** @internal */
  _destroy(): void {
    if (!Object.values(this.nsps).some((socket) => socket.active)) this._close();
  }

  /** @internal */
  _packet(packet: Packet): void {
    if (LOG) log("writing packet %j", packet);
    for (const encoded of this.encoder.encode(packet)) this.engine.write(encoded, packet.options);
  }

  /** Closes the connection, which all sockets lose, and does not open it again. */
  _close(): void {
    this.skipReconnect = true;
    this._reconnecting = false;
    this.onclose("forced close");
  }

  /**
   * Alias of `_close`.
   *
   * @internal
   */
  disconnect(): void {
    this._close();
  }

  private onopen(): void {
    this.cleanup();
    const { engine, decoder } = this;
    if (LOG) log("open");
    this._readyState = "open";
    this.note("open", engine.transport.name);
    this.subs.push(
      subscribe(engine, "upgrade", ({ name }) => this.note("upgrade", name)),
      subscribe(engine, "upgradeError", ({ message, transport }) => this.note(message, engine.transport.name, transport)),
      subscribe(engine, "ping", () => this.emitReserved("ping")),
      subscribe(engine, "data", (data) => this.ondata(data)),
      subscribe(engine, "error", (error) => this.emitReserved("error", error)),
      subscribe(engine, "close", (reason, description) => this.onclose(reason, description)),
      subscribe(decoder, "decoded", (packet) => {
        // Not at once, as upstream. By a promise, as that is cheaper than `queueMicrotask`.
        Promise.resolve().then(() => this._fire("$packet", [packet]));
      }),
    );
    this.emitReserved("open");
  }

  private note(reason: string, to?: string, from = this.transports.slice(-1)[0]?.to): void {
    this.transports = [...this.transports, { from, to, reason, at: Date.now() }].slice(-20);
  }

  private ondata(data: unknown): void {
    try {
      this.decoder.add(data);
    } catch (error) {
      this.onclose("parse error", error as Error);
    }
  }

  private cleanup(): void {
    for (const unsubscribe of this.subs.splice(0)) unsubscribe();
    this.decoder.destroy();
  }

  private onclose(reason: string, description?: DisconnectDescription): void {
    if (LOG) log("closed due to %s", reason);
    this.cleanup();
    this.engine?.close();
    this.attempts = 0;
    if (this._readyState === "open") this.note(reason);
    this._readyState = "closed";
    this.emitReserved("close", reason, description);
    this.reconnect();
  }

  private isStopped(): boolean {
    return this.skipReconnect || !this._reconnection;
  }

  private reconnect(): void {
    if (this._reconnecting || this.isStopped()) return;
    if (this.attempts >= this._reconnectionAttempts) {
      if (LOG) log("reconnect failed");
      this.attempts = 0;
      this.emitReserved("reconnect_failed");
      return;
    }
    this._reconnecting = true;
    const delay = backoff(
      this.attempts++,
      this._reconnectionDelay,
      this._reconnectionDelayMax,
      this._randomizationFactor,
    );
    if (LOG) log("will wait %dms before reconnect attempt", delay);
    const attempt = () => {
      stop();
      if (!this.isStopped()) this.emitReserved("reconnect_attempt", this.attempts);
      // A listener may have closed the manager.
      if (this.isStopped()) this._reconnecting = false;
      else this.open((error) => this.onattempt(error));
    };
    const watch = (moment: Moment) => {
      if (moment === "online" || moment === "pageshow") attempt();
    };
    const timer = this.setTimeoutFn(attempt, delay);
    watchers.add(watch);
    const stop = () => {
      this.clearTimeoutFn(timer);
      watchers.delete(watch);
    };
    this.subs.push(stop);
  }

  private onattempt(error?: Error): void {
    this._reconnecting = false;
    if (error) {
      this.reconnect();
      this.emitReserved("reconnect_error", error);
    } else {
      const { attempts } = this;
      this.attempts = 0;
      this.emitReserved("reconnect", attempts);
    }
  }
}

export interface Manager<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents> {
  /** Reads or sets whether to reconnect. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean;
  /** Reads or sets the attempts before giving up. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number;
  /** Reads or sets the first delay. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number;
  /** Reads or sets the share by which a delay may deviate. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number;
  /** Reads or sets the largest delay. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number;
  /** Reads or sets the time for one attempt to connect. */
  timeout(): number | boolean;
  timeout(value: number | boolean): this;
  timeout(value?: number | boolean): this | number | boolean;
}

for (const [name] of ACCESSORS) {
  (Manager.prototype as any)[name] = function (this: any, value: unknown) {
    if (value === undefined) return this["_" + name];
    this["_" + name] = value;
    return this;
  };
}
