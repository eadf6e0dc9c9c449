import { Emitter, type DefaultEventsMap, type EventsMap } from "./emitter.js";
import type { EngineOptions } from "./engine/options.js";
import { Socket as Engine } from "./engine/socket.js";
import type { DisconnectDescription, SocketOptions } from "./options.js";
import type { Packet } from "./protocol/packet.js";
import { Socket } from "./socket.js";
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
export declare class Manager<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents> extends Emitter<{}, {}, ManagerReservedEvents> {
    /** The current connection. */
    engine: Engine;
    opts: Partial<ManagerOptions>;
    /** The last 20 changes of the transport, the newest last. */
    transports: TransportChange[];
    _autoConnect: boolean;
    _readyState: "opening" | "open" | "closed";
    _reconnecting: boolean;
    private readonly uri?;
    private nsps;
    private subs;
    private attempts;
    private encoder;
    private decoder;
    private skipReconnect;
    private _reconnection;
    private _reconnectionAttempts;
    private _reconnectionDelay;
    private _reconnectionDelayMax;
    private _randomizationFactor;
    private _timeout;
    constructor(opts: Partial<ManagerOptions>);
    constructor(uri?: string, opts?: Partial<ManagerOptions>);
    constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>);
    /** Connects, unless it does so already. With a callback, a failure is not followed by another attempt. */
    open(callback?: OpenCallback): this;
    /** Alias of {@link Manager.open}. */
    connect(callback?: OpenCallback): this;
    /** The socket of a namespace on this connection. */
    socket(nsp: string, opts?: Partial<SocketOptions>): Socket<ListenEvents, EmitEvents>;
    /** Closes the connection, which all sockets lose, and does not open it again. */
    _close(): void;
    private onopen;
    private note;
    private ondata;
    private cleanup;
    private onclose;
    private isStopped;
    private reconnect;
    private onattempt;
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
export {};
