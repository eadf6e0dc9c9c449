/// <reference lib="esnext.disposable" preserve="true" />
import type { AllButLast, DecorateAcknowledgements, FirstArg, Last } from "./acks.js";
import {
  call,
  Emitter,
  failure,
  subscribe,
  type DefaultEventsMap,
  type EventNames,
  type EventParams,
  type EventsMap,
} from "./emitter.js";
import { because } from "./engine/cause.js";
import { logOf } from "./log.js";
import type { Manager } from "./manager.js";
import type { DisconnectDescription, ExtendedError, SocketOptions } from "./options.js";
import { isReserved, PacketType, type Packet } from "./protocol/packet.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("socket.io-client:socket");

/** Events of the socket that are not sent by the server. */
export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: ExtendedError) => void;
  disconnect: (reason: Socket.DisconnectReason, description?: DisconnectDescription) => void;
}

// Not every browser that has signals has reasons for them, and an error that is nothing would be a success.
const reasonOf = ({ reason }: AbortSignal) => reason || new Error("aborted");

// Bytes of what waits for a connection.
const MAX_BUFFER_SIZE = 1e7;

type Ack = ((...args: any[]) => void) & { withError?: boolean };
type AnyListener = (...args: any[]) => void;

interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
  signal?: AbortSignal;
  fromQueue?: boolean;
}

interface QueuedEvent {
  args: any[];
  flags: Flags;
  pending: boolean;
  tryCount: number;
  size: number;
}

/**
 * The client's side of one namespace.
 *
 * What is emitted while there is no connection is kept, and sent before `connect` is announced.
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<ListenEvents, EmitEvents, SocketReservedEvents> {
  readonly io: Manager<ListenEvents, EmitEvents>;
  /** Id that the server gave, while connected. */
  id: string | undefined;
  connected = false;
  /** Whether the last connection continued the session of the one before. */
  recovered = false;
  auth!: { [key: string]: any } | ((callback: (data: object) => void) => void);
  /** Events that arrived before the connection was confirmed. */
  receiveBuffer: ReadonlyArray<any>[] = [];
  /** Events to be sent at the next connection. */
  sendBuffer: Packet[] = [];
  private _pid?: string;
  private _lastOffset?: string;
  private _queue: QueuedEvent[] = [];
  private readonly nsp: string;
  private readonly _opts: SocketOptions;
  private ids = 0;
  // Bytes of the events that wait for a connection.
  private _waiting = 0;
  private acks: Record<string, Ack> = {};
  private flags: Flags = {};
  private subs?: (() => void)[];
  private _anyListeners: AnyListener[] = [];
  private _anyOutgoingListeners: AnyListener[] = [];
  private isWarned?: boolean;

  constructor(io: Manager, nsp: string, opts?: Partial<SocketOptions>) {
    super();
    this.io = io as unknown as Manager<ListenEvents, EmitEvents>;
    this.nsp = nsp;
    this._opts = { ...opts };
    if (opts?.auth) this.auth = opts.auth;
    if (io._autoConnect) this.open();
  }

  /** Whether the socket is not connected. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether the socket connects by itself when its manager does. */
  get active(): boolean {
    return !!this.subs;
  }

  /** Connects, unless the socket is connected or about to be. */
  connect(): this {
    const { io } = this;
    const isOpen = io._readyState === "open";
    // CONNECT is under way, and a second one would make the server close the connection.
    if (this.connected || (this.subs && isOpen)) return this;
    this.subs = this.subs || [
      subscribe(io, "open", () => this.onopen()),
      subscribe(io, "packet", (packet) => this.onpacket(packet)),
      subscribe(io, "error", (error) => !this.connected && this.onerror(error)),
      subscribe(io, "close", (reason, description) => this.onclose(reason, description)),
    ];
    if (!io._reconnecting) io.open();
    if (isOpen) this.onopen();
    return this;
  }

  /** Alias of {@link Socket.connect}. */
  open(): this {
    return this.connect();
  }

  /** Sends a `message` event. */
  send(...args: any[]): this {
    return this.emit("message" as EventNames<EmitEvents>, ...(args as any));
  }

  /**
   * Sends an event. A function as the last argument is called with the server's acknowledgement.
   *
   * What is emitted while there is no connection waits for the next one. If more waits than `maxBufferSize` allows, this
   * throws an error whose `code` is `buffer_full`, and the event is not sent.
   */
  override emit<Event extends EventNames<EmitEvents>>(event: Event, ...params: EventParams<EmitEvents, Event>): this {
    if (isReserved(event)) throw new Error(`"${event as string}" is a reserved event name`);
    const args: any[] = [event, ...params];
    const { flags, io } = this;
    this.flags = {};
    if (flags.signal?.aborted) throw reasonOf(flags.signal);
    if (this._opts.retries && !flags.fromQueue && !flags.volatile) {
      this._addToQueue(args, flags);
      return this;
    }

    const packet: Packet = {
      type: PacketType.EVENT,
      nsp: this.nsp,
      data: args,
      options: { compress: flags.compress !== false },
    };
    const isConnected = this.connected && !io.engine._hasPingExpired();
    const ack = takeAck(args);
    const size = isConnected || flags.volatile ? 0 : this._reserve(args);
    if (ack) {
      packet.id = this.ids++;
      this._registerAck(packet.id, ack, flags);
    }
    if (flags.volatile && !(isConnected && io.engine.transport.writable)) {
      if (LOG) log("discard packet as the transport is not currently writable");
      return this;
    }
    if (isConnected) this._send(packet);
    else this.sendBuffer.push({ ...packet, size, signal: flags.signal });
    return this;
  }

  /** Sends an event and waits for its acknowledgement. */
  emitWithAck<Event extends EventNames<EmitEvents>>(
    event: Event,
    ...args: AllButLast<EventParams<EmitEvents, Event>>
  ): Promise<FirstArg<Last<EventParams<EmitEvents, Event>>>> {
    return new Promise((resolve, reject) => {
      const ack: Ack = (error, value) => (error ? reject(error) : resolve(value));
      ack.withError = true;
      this.emit(event, ...([...args, ack] as any));
    });
  }

  private _registerAck(id: number, ack: Ack, { timeout = this._opts.ackTimeout, signal }: Flags): void {
    if (timeout === undefined && !signal) {
      this.acks[id] = ack;
      return;
    }
    const fail = (error: Error) => {
      this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id || !(this._waiting -= packet.size!, 1));
      delete this.acks[id];
      settle(error);
    };
    const abort = () => fail(reasonOf(signal!));
    const timer =
      timeout !== undefined && this.io.setTimeoutFn(() => fail(new Error("operation has timed out")), timeout);
    signal?.addEventListener("abort", abort);
    const settle: Ack = (...args) => {
      this.io.clearTimeoutFn(timer);
      signal?.removeEventListener("abort", abort);
      ack.apply(this, args);
    };
    settle.withError = true;
    this.acks[id] = settle;
  }

  // With `retries` events are sent one at a time, each when the one before it is acknowledged or given up.
  private _addToQueue(args: any[], flags: Flags): void {
    const ack = takeAck(args);
    const queued: QueuedEvent = {
      args,
      flags: { fromQueue: true, ...flags },
      pending: false,
      tryCount: 0,
      size: this.connected ? 0 : this._reserve(args),
    };
    const { signal } = flags;
    const finish: Ack = (...response) => {
      this._queue.splice(this._queue.indexOf(queued), 1);
      this._waiting -= queued.size;
      signal?.removeEventListener("abort", abort);
      if (ack) call(this, ack, response);
      this._drainQueue();
    };
    const abort = () => finish(reasonOf(signal!));
    signal?.addEventListener("abort", abort);
    const settle: Ack = (error, ...response) => {
      if (queued !== this._queue[0]) return;
      queued.pending = false;
      if (!error || queued.tryCount > this._opts.retries!) finish(error, ...response);
      else this._drainQueue();
    };
    settle.withError = true;
    args.push(settle);
    this._queue.push(queued);
    this._drainQueue();
  }

  private _drainQueue(force?: boolean): void {
    const [queued] = this._queue;
    if (!queued || (queued.pending && !force) || !this.connected || this.io.engine._hasPingExpired()) return;
    // Of several with one signal, which are given up one after another.
    if (queued.flags.signal?.aborted) return;
    queued.pending = true;
    queued.tryCount++;
    this.flags = queued.flags;
    (this.emit as (...args: any[]) => this)(...queued.args);
  }

  /** The size of what is to wait for a connection, if there is room for it. */
  private _reserve(data: any[]): number {
    const { io, nsp } = this;
    if (!this.sendBuffer.length && !this._queue.length) this._waiting = 0;
    let size = 0;
    for (const part of io["encoder"].encode({ type: PacketType.EVENT, nsp, data }) as any[]) {
      size += part.byteLength ?? part.size ?? part.length;
    }
    if (this._waiting + size > (this._opts.maxBufferSize ?? MAX_BUFFER_SIZE)) {
      throw failure("too much waits for the connection", { code: "buffer_full" });
    }
    this._waiting += size;
    return size;
  }

  private _send(packet: Packet): void {
    for (const listener of [...this._anyOutgoingListeners]) call(this, listener, packet.data);
    this.packet(packet);
  }

  private packet(packet: Packet): void {
    this.io._packet(packet);
  }

  private onopen(): void {
    const { io, auth } = this;
    const { engine } = io;
    let sent = false;
    const connect = (data?: object) => {
      // A late or second answer of `auth` would be a second CONNECT, for which the server closes the connection.
      if (sent || io.engine !== engine || !this.subs) return;
      sent = true;
      this.packet({
        type: PacketType.CONNECT,
        nsp: this.nsp,
        data: this._pid ? { pid: this._pid, offset: this._lastOffset, ...data } : data,
      });
    };
    if (LOG) log("transport is open - connecting");
    if (typeof auth === "function") auth(connect);
    else connect(auth);
  }

  private onerror(error: Error): void {
    // Nothing would say why there is no connection; once is enough for that.
    if (!this.isWarned && !this.hasListeners("connect_error")) {
      this.isWarned = true;
      console.warn("connect_error", error);
    }
    this.emitReserved("connect_error", error);
  }

  private onclose(reason: string, description?: DisconnectDescription): void {
    if (LOG) log("close (%s)", reason);
    this.connected = false;
    this.id = undefined;
    this.emitReserved("disconnect", reason as Socket.DisconnectReason, description);
    for (const id of Object.keys(this.acks)) {
      // The acknowledgement of an event that is still to be sent can still come.
      if (this.sendBuffer.some((packet) => "" + packet.id === id)) continue;
      const ack = this.acks[id];
      delete this.acks[id];
      if (ack.withError) call(this, ack, [new Error("socket has been disconnected")]);
    }
  }

  private onpacket(packet: Packet): void {
    const { type, nsp, data } = packet;
    if (nsp !== this.nsp) return;
    if (type === PacketType.CONNECT) {
      if (this.io._readyState !== "open") return;
      if (data?.sid) this.onconnect(data.sid, data.pid);
      else this.onerror(failure(VERSION_MISMATCH, { cause: because("engine_3") }));
    } else if (type === PacketType.EVENT || type === PacketType.BINARY_EVENT) {
      this.onevent(packet);
    } else if (type === PacketType.ACK || type === PacketType.BINARY_ACK) {
      this.onack(packet);
    } else if (type === PacketType.DISCONNECT) {
      this.destroy();
      this.onclose("io server disconnect");
    } else if (type === PacketType.CONNECT_ERROR) {
      this.destroy();
      const { message = data, data: details } = data || {};
      this.onerror(failure(message, { data: details }));
    }
  }

  // Takes the packet, as applications replace this method to see every event.
  private onevent({ id, data }: Packet): void {
    const args = data || [];
    const last = args[args.length - 1];
    if (LOG) log("emitting event %j", args);
    // Noted at arrival: what waits in the buffer must not be sent once more by the next recovery.
    if (this._pid && id == null && typeof last === "string") this._lastOffset = last;
    if (id != null) args.push(this.ack(id));
    if (this.connected) this.emitEvent(args);
    else this.receiveBuffer.push(args);
  }

  private emitEvent(args: ReadonlyArray<any>): void {
    for (const listener of [...this._anyListeners]) call(this, listener, args);
    this._fire("$" + args[0], args.slice(1));
  }

  private ack(id: number): Ack {
    const { engine } = this.io;
    let sent = false;
    return (...args) => {
      // Another connection numbers its events anew, and a namespace that was left must not be written to.
      if (sent || !this.connected || engine !== this.io.engine) return;
      sent = true;
      this.packet({ type: PacketType.ACK, nsp: this.nsp, id, data: args });
    };
  }

  private onack({ id, data }: Packet): void {
    const ack = this.acks[id!];
    if (!ack) return;
    delete this.acks[id!];
    ack.apply(this, ack.withError ? [null, ...(data || [])] : data || []);
  }

  private onconnect(id: string, pid?: string): void {
    if (LOG) log("socket connected with id %s", id);
    this.id = id;
    this.recovered = !!pid && this._pid === pid;
    this._pid = pid;
    this.connected = true;
    // A listener may disconnect the socket: the rest stays for the next time.
    while (this.connected && this.receiveBuffer.length) this.emitEvent(this.receiveBuffer.shift()!);
    while (this.connected && this.sendBuffer.length) {
      const { size, signal, ...packet } = this.sendBuffer.shift()!;
      this._waiting -= size!;
      if (!signal?.aborted) this._send(packet);
    }
    this._drainQueue(true);
    if (this.connected) this.emitReserved("connect");
  }

  private destroy(): void {
    for (const unsubscribe of this.subs || []) unsubscribe();
    this.subs = undefined;
    this.io._destroy();
  }

  /** Leaves the namespace, and closes the connection if no other socket uses it. */
  disconnect(): this {
    if (this.connected) this.packet({ type: PacketType.DISCONNECT, nsp: this.nsp });
    this.destroy();
    if (this.connected) this.onclose("io client disconnect");
    return this;
  }

  /** Alias of {@link Socket.disconnect}. */
  close(): this {
    return this.disconnect();
  }

  /** Alias of {@link Socket.disconnect}, for `using`; a browser without it has no such symbol. */
  [Symbol.dispose](): void {
    this.disconnect();
  }

  /** Sets whether the next event may be compressed. */
  compress(compress: boolean): this {
    this.flags.compress = compress;
    return this;
  }

  /** Makes the next event one that is dropped if it cannot be sent at once. */
  get volatile(): this {
    this.flags.volatile = true;
    return this;
  }

  /** Limits, in milliseconds, the wait for the next event's acknowledgement, whose callback then takes an error first. */
  timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.flags.timeout = timeout;
    return this as any;
  }

  /** Gives up waiting for the next event's acknowledgement, or sending it, when the signal is aborted; as `timeout()`. */
  signal(signal: AbortSignal): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.flags.signal = signal;
    return this as any;
  }
}

export interface Socket<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents> {
  /** Calls `listener` with the name and the arguments of every event that arrives. */
  onAny(listener: AnyListener): this;
  /** As {@link Socket.onAny}, before the listeners that are there. */
  prependAny(listener: AnyListener): this;
  /** Removes one listener of every event, or all. */
  offAny(listener?: AnyListener): this;
  /** The listeners of every event. */
  listenersAny(): AnyListener[];
  /** Calls `listener` with the name and the arguments of every event that is sent. */
  onAnyOutgoing(listener: AnyListener): this;
  /** As {@link Socket.onAnyOutgoing}, before the listeners that are there. */
  prependAnyOutgoing(listener: AnyListener): this;
  /** Removes one listener of every event sent, or all. */
  offAnyOutgoing(listener?: AnyListener): this;
  /** The listeners of every event sent. */
  listenersAnyOutgoing(): AnyListener[];
}

for (const kind of ["Any", "AnyOutgoing"]) {
  const methods = Socket.prototype as any;
  const field = `_a${kind.slice(1)}Listeners`;
  methods["on" + kind] = function (this: any, listener: AnyListener) {
    this[field].push(listener);
    return this;
  };
  methods["prepend" + kind] = function (this: any, listener: AnyListener) {
    this[field].unshift(listener);
    return this;
  };
  methods["off" + kind] = function (this: any, listener?: AnyListener) {
    const index = this[field].indexOf(listener);
    this[field] = listener ? this[field].filter((_: AnyListener, i: number) => i !== index) : [];
    return this;
  };
  methods["listeners" + kind] = function (this: any) {
    return this[field];
  };
}

export declare namespace Socket {
  /** Why a socket was disconnected. */
  type DisconnectReason =
    | "io server disconnect"
    | "io client disconnect"
    | "ping timeout"
    | "transport close"
    | "transport error"
    | "parse error";
}

function takeAck(args: any[]): Ack | undefined {
  return typeof args[args.length - 1] === "function" ? args.pop() : undefined;
}

const VERSION_MISMATCH =
  "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";
