import { type Query } from "../address.js";
import { Emitter } from "../emitter.js";
import { type Timers } from "../timers.js";
import type { Cause } from "./cause.js";
import type { EngineOptions } from "./options.js";
import { type Packet, type RawData } from "./packet.js";
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
export declare abstract class Transport extends Emitter<{}, {}, TransportEvents> {
    /** Query of the next request. */
    query: Query;
    /** Whether `send` may be called: the packets of the last call are on their way. */
    writable: boolean;
    protected readyState?: "opening" | "open" | "pausing" | "paused" | "closed";
    protected setTimeoutFn: Timers["setTimeoutFn"];
    protected clearTimeoutFn: Timers["clearTimeoutFn"];
    protected opts: TransportOptions;
    protected supportsBinary: boolean;
    protected socket: Socket;
    constructor(opts: TransportOptions);
    /** Name as in the `transports` option. */
    abstract get name(): string;
    protected abstract doOpen(): void;
    protected abstract doClose(): void;
    protected abstract write(packets: Packet[]): void;
    /** Starts connecting. */
    open(): this;
    /** Closes the transport, in whichever state it is. */
    close(): this;
    /** Sends packets. Those given to a transport that is not open are dropped. */
    send(packets: Packet[]): void;
    /** Calls back once nothing is under way; only polling can pause. */
    pause(_onPause: () => void): void;
    /**
     * Reports the end of the transport: `description` is the HTTP status or what the platform reported, `context` the
     * response (`status`, `responseText`) or the event that goes with it.
     */
    protected onError(reason: string, description: any, context: any, cause: Cause): this;
    protected onOpen(): void;
    protected onDrain(): void;
    protected onData(data: RawData): void;
    protected onPacket(packet: Packet): void;
    protected onClose(details?: CloseDetails): void;
    protected createUri(scheme: "http" | "ws", stamped: boolean | undefined, base64: boolean): string;
}
