import { bracketed, encodeQuery, type Query } from "../address.js";
import { Emitter, failure } from "../emitter.js";
import { installTimers, type Timers } from "../timers.js";
import type { Cause, CauseCode } from "./cause.js";
import type { EngineOptions } from "./options.js";
import { decodePacket, type Packet, type RawData } from "./packet.js";
import type { Socket } from "./socket.js";

/** Why a transport closed without an error. */
export interface CloseDetails {
  description: string;
  context?: unknown;
}

/** Events of a {@link Transport}. */
export interface TransportEvents {
  open: () => void;
  error: (error: Error) => void;
  packet: (packet: Packet) => void;
  close: (details?: CloseDetails) => void;
  poll: () => void;
  pollComplete: () => void;
  drain: () => void;
}

/** Options as a transport gets them: everything is decided. */
export interface TransportOptions extends EngineOptions {
  path: string;
  hostname: string;
  port: string | number;
  secure: boolean;
  query: Query;
  socket: Socket;
}

/** One way of carrying packets. Subclasses have their name on the prototype. */
export abstract class Transport extends Emitter<{}, {}, TransportEvents> {
  /** Query of the next request. */
  query: Query;
  /** Whether `send` may be called: the packets of the last call are on their way. */
  writable = false;
  protected readyState?: "opening" | "open" | "pausing" | "paused" | "closed";
  protected setTimeoutFn!: Timers["setTimeoutFn"];
  protected clearTimeoutFn!: Timers["clearTimeoutFn"];
  protected opts: TransportOptions;
  protected supportsBinary: boolean;
  protected socket: Socket;

  constructor(opts: TransportOptions) {
    super();
    installTimers(this as unknown as Timers, opts);
    this.opts = opts;
    this.query = opts.query;
    this.socket = opts.socket;
    this.supportsBinary = !opts.forceBase64;
  }

  /** Name as in the `transports` option. */
  abstract get name(): string;

  protected abstract doOpen(): void;
  protected abstract doClose(): void;
  protected abstract write(packets: Packet[]): void;

  /** Starts connecting. */
  open(): this {
    this.readyState = "opening";
    this.doOpen();
    return this;
  }

  /** Closes the transport, in whichever state it is. */
  close(): this {
    if (this.readyState && this.readyState !== "closed") {
      this.doClose();
      this.onClose();
    }
    return this;
  }

  /** Sends packets. Those given to a transport that is not open are dropped. */
  send(packets: Packet[]): void {
    if (this.readyState === "open") this.write(packets);
  }

  /** Calls back once nothing is under way; only polling can pause. */
  pause(_onPause: () => void): void {}

  /**
   * Tries to leave this transport, if it is one to be left, for one that the server offers.
   *
   * @internal
   */
  upgrade?(offered: unknown): void;

  /**
   * As many of the packets as one `send` may be given.
   *
   * @internal
   */
  takeable(packets: Packet[]): Packet[] {
    return packets.slice();
  }

  /**
   * What the last thing was that came, if it is not a packet.
   *
   * @internal
   */
  explain(): CauseCode {
    return "unreadable";
  }

  /**
   * Takes back a pause.
   *
   * @internal
   */
  resume?(): void;

  /**
   * Reports the end of the transport: `description` is the HTTP status or what the platform reported, `context` the
   * response (`status`, `responseText`) or the event that goes with it.
   */
  protected onError(reason: string, description: any, context: any, cause: Cause): this {
    return this.emitReserved("error", failure(reason, { type: "TransportError", description, context, cause }));
  }

  protected onOpen(): void {
    this.readyState = "open";
    this.writable = true;
    this.emitReserved("open");
  }

  protected onDrain(): void {
    this.writable = true;
    this.emitReserved("drain");
  }

  protected onData(data: RawData): void {
    this.onPacket(decodePacket(data, this.socket.binaryType));
  }

  protected onPacket(packet: Packet): void {
    this._fire("$packet", [packet]);
  }

  protected onClose(details?: CloseDetails): void {
    this.readyState = "closed";
    this.emitReserved("close", details);
  }

  /**
   * Whether anything answers at the server's address. The answer shows nothing of it, and the request, which names no
   * transport, opens no session.
   *
   * @internal
   */
  async reaches(): Promise<boolean> {
    const { query } = this;
    this.query = { EIO: query.EIO };
    const uri = this.createUri("http", true, false);
    this.query = query;
    try {
      await fetch(uri, { mode: "no-cors" });
      return true;
    } catch {
      return false;
    }
  }

  protected createUri(scheme: "http" | "ws", stamped: boolean | undefined, base64: boolean): string {
    const { secure, hostname, port, path, timestampParam } = this.opts;
    const { query } = this;
    if (stamped) query[timestampParam!] = Math.random().toString(36).slice(2);
    if (base64) query.b64 = 1;
    const origin = `${scheme}${secure ? "s" : ""}://${bracketed(hostname)}`;
    const shownPort = +port && +port !== (secure ? 443 : 80) ? ":" + port : "";
    return `${origin}${shownPort}${path}?${encodeQuery(query)}`;
  }
}
