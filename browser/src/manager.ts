import { Backoff } from "./backoff.js";
import { Emitter, subscribe, type DefaultEventsMap, type EventsMap } from "./emitter.js";
import type { EngineOptions } from "./engine/options.js";
import { Socket as Engine } from "./engine/socket.js";
import type { DisconnectDescription, SocketOptions } from "./options.js";
import { Decoder } from "./protocol/decoder.js";
import { Encoder } from "./protocol/encoder.js";
import type { Packet } from "./protocol/packet.js";
import { Socket } from "./socket.js";
import { installTimers, type Timers } from "./timers.js";

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

type OpenCallback = (error?: Error) => void;

/** A connection to one server, reconnected when it is lost, that the sockets of several namespaces share. */
export class Manager<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>
  extends Emitter<{}, {}, ManagerReservedEvents>
  implements Timers
{
  /** The current connection. */
  engine!: Engine;
  opts: Partial<ManagerOptions>;
  _autoConnect: boolean;
  _readyState: "opening" | "open" | "closed" = "closed";
  _reconnecting = false;
  setTimeoutFn!: Timers["setTimeoutFn"];
  clearTimeoutFn!: Timers["clearTimeoutFn"];
  private readonly uri?: string;
  private nsps: Record<string, Socket> = {};
  private subs: (() => void)[] = [];
  private backoff = new Backoff();
  private encoder: Encoder;
  private decoder: Decoder;
  private skipReconnect = false;
  private _reconnection!: boolean;
  private _reconnectionAttempts!: number;
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
    installTimers(this, opts.useNativeTimers);
    this.reconnection(opts.reconnection !== false)
      .reconnectionAttempts(opts.reconnectionAttempts || Infinity)
      .reconnectionDelay(opts.reconnectionDelay || 1000)
      .reconnectionDelayMax(opts.reconnectionDelayMax || 5000)
      .randomizationFactor(opts.randomizationFactor ?? 0.5)
      .timeout(opts.timeout ?? 20000);
    const parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder();
    this.decoder = new parser.Decoder();
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  /** Reads or sets whether to reconnect. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean;
  reconnection(value?: boolean): this | boolean {
    if (!arguments.length) return this._reconnection;
    this._reconnection = !!value;
    if (!value) this.skipReconnect = true;
    return this;
  }

  /** Reads or sets the attempts before giving up. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number;
  reconnectionAttempts(value?: number): this | number {
    if (value === undefined) return this._reconnectionAttempts;
    this._reconnectionAttempts = value;
    return this;
  }

  /** Reads or sets the first delay. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number;
  reconnectionDelay(value?: number): this | number {
    if (value === undefined) return this.backoff.min;
    this.backoff.min = value;
    return this;
  }

  /** Reads or sets the share by which a delay may deviate. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number;
  randomizationFactor(value?: number): this | number {
    if (value === undefined) return this.backoff.jitter;
    this.backoff.jitter = value;
    return this;
  }

  /** Reads or sets the largest delay. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number;
  reconnectionDelayMax(value?: number): this | number {
    if (value === undefined) return this.backoff.max;
    this.backoff.max = value;
    return this;
  }

  /** Reads or sets the time for one attempt to connect. */
  timeout(): number | boolean;
  timeout(value: number | boolean): this;
  timeout(value?: number | boolean): this | number | boolean;
  timeout(value?: number | boolean): this | number | boolean {
    if (value === undefined) return this._timeout;
    this._timeout = value;
    return this;
  }

  /** Connects, unless it does so already. With a callback, a failure is not followed by another attempt. */
  open(callback?: OpenCallback): this {
    if (this._readyState !== "closed") return this;
    const engine = (this.engine = new Engine(this.uri, this.opts));
    this._readyState = "opening";
    this.skipReconnect = false;

    const onError = (error: Error) => {
      this.cleanup();
      this._readyState = "closed";
      this.emitReserved("error", error);
      if (callback) callback(error);
      // A listener may have called `connect()`: that is the next attempt then.
      else if ((this._readyState as string) === "closed" && this._reconnection && !this.backoff.attempts) this.reconnect();
    };
    this.subs.push(
      subscribe(engine, "open", () => {
        this.onopen();
        callback?.();
      }),
      subscribe(engine, "error", onError),
      // Not every end is an error: the server may accept a WebSocket and close it before the handshake.
      subscribe(engine, "close", (reason, description) =>
        onError(Object.assign(new Error(reason), { description })),
      ),
    );
    if (this._timeout !== false) {
      const timer = this.setTimeoutFn(() => {
        onError(new Error("timeout"));
        engine.close();
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
    for (const encoded of this.encoder.encode(packet)) this.engine.write(encoded, packet.options);
  }

  /** Closes the connection, which all sockets lose, and does not open it again. */
  _close(): void {
    this.skipReconnect = true;
    this._reconnecting = false;
    this.onclose("forced close");
  }

  /** Alias of `_close`. */
  disconnect(): void {
    this._close();
  }

  private onopen(): void {
    this.cleanup();
    const { engine, decoder } = this;
    this._readyState = "open";
    this.subs.push(
      subscribe(engine, "ping", () => this.emitReserved("ping")),
      subscribe(engine, "data", (data) => this.ondata(data)),
      subscribe(engine, "error", (error) => this.emitReserved("error", error)),
      subscribe(engine, "close", (reason, description) => this.onclose(reason, description)),
      subscribe(decoder, "decoded", (packet) => {
        // Not at once: an exception in a user's listener must not look like a packet that cannot be read.
        queueMicrotask(() => this.emitReserved("packet", packet));
      }),
    );
    this.emitReserved("open");
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
    this.cleanup();
    this.engine?.close();
    this.backoff.reset();
    this._readyState = "closed";
    this.emitReserved("close", reason, description);
    if (this._reconnection && !this.skipReconnect) this.reconnect();
  }

  private reconnect(): void {
    if (this._reconnecting || this.skipReconnect) return;
    if (this.backoff.attempts >= this._reconnectionAttempts) {
      this.backoff.reset();
      this.emitReserved("reconnect_failed");
      return;
    }
    this._reconnecting = true;
    const timer = this.setTimeoutFn(() => {
      this.emitReserved("reconnect_attempt", this.backoff.attempts);
      // A listener may have closed the manager.
      if (!this.skipReconnect) this.open((error) => this.onattempt(error));
    }, this.backoff.duration());
    this.subs.push(() => this.clearTimeoutFn(timer));
  }

  private onattempt(error?: Error): void {
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
}
