/// <reference lib="esnext.disposable" preserve="true" />
import type { AllButLast, DecorateAcknowledgements, FirstArg, Last } from "./acks.js";
import { Emitter, type DefaultEventsMap, type EventNames, type EventParams, type EventsMap } from "./emitter.js";
import type { Manager } from "./manager.js";
import type { DisconnectDescription, ExtendedError, SocketOptions } from "./options.js";
import { type Packet } from "./protocol/packet.js";
/** Events of the socket that are not sent by the server. */
export interface SocketReservedEvents {
    connect: () => void;
    connect_error: (error: ExtendedError) => void;
    disconnect: (reason: Socket.DisconnectReason, description?: DisconnectDescription) => void;
}
type AnyListener = (...args: any[]) => void;
/**
 * The client's side of one namespace.
 *
 * What is emitted while there is no connection is kept, and sent before `connect` is announced.
 */
export declare class Socket<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents> extends Emitter<ListenEvents, EmitEvents, SocketReservedEvents> {
    readonly io: Manager<ListenEvents, EmitEvents>;
    /** Id that the server gave, while connected. */
    id: string | undefined;
    connected: boolean;
    /** Whether the last connection continued the session of the one before. */
    recovered: boolean;
    auth: {
        [key: string]: any;
    } | ((callback: (data: object) => void) => void);
    /** Events that arrived before the connection was confirmed. */
    receiveBuffer: ReadonlyArray<any>[];
    /** Events to be sent at the next connection. */
    sendBuffer: Packet[];
    private _pid?;
    private _lastOffset?;
    private _queue;
    private readonly nsp;
    private readonly _opts;
    private ids;
    private _waiting;
    private acks;
    private flags;
    private subs?;
    private _anyListeners;
    private _anyOutgoingListeners;
    private isWarned?;
    constructor(io: Manager, nsp: string, opts?: Partial<SocketOptions>);
    /** Whether the socket is not connected. */
    get disconnected(): boolean;
    /** Whether the socket connects by itself when its manager does. */
    get active(): boolean;
    /** Connects, unless the socket is connected or about to be. */
    connect(): this;
    /** Alias of {@link Socket.connect}. */
    open(): this;
    /** Sends a `message` event. */
    send(...args: any[]): this;
    /**
     * Sends an event. A function as the last argument is called with the server's acknowledgement.
     *
     * What is emitted while there is no connection waits for the next one. If more waits than `maxBufferSize` allows, this
     * throws an error whose `code` is `buffer_full`, and the event is not sent.
     */
    emit<Event extends EventNames<EmitEvents>>(event: Event, ...params: EventParams<EmitEvents, Event>): this;
    /** Sends an event and waits for its acknowledgement. */
    emitWithAck<Event extends EventNames<EmitEvents>>(event: Event, ...args: AllButLast<EventParams<EmitEvents, Event>>): Promise<FirstArg<Last<EventParams<EmitEvents, Event>>>>;
    private _registerAck;
    private _addToQueue;
    private _drainQueue;
    /** The size of what is to wait for a connection, if there is room for it. */
    private _reserve;
    private _send;
    private packet;
    private onopen;
    private onerror;
    private onclose;
    private onpacket;
    private onevent;
    private emitEvent;
    private ack;
    private onack;
    private onconnect;
    private destroy;
    /** Leaves the namespace, and closes the connection if no other socket uses it. */
    disconnect(): this;
    /** Alias of {@link Socket.disconnect}. */
    close(): this;
    /** Alias of {@link Socket.disconnect}, for `using`; a browser without it has no such symbol. */
    [Symbol.dispose](): void;
    /** Sets whether the next event may be compressed. */
    compress(compress: boolean): this;
    /** Makes the next event one that is dropped if it cannot be sent at once. */
    get volatile(): this;
    /** Limits, in milliseconds, the wait for the next event's acknowledgement, whose callback then takes an error first. */
    timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
    /** Gives up waiting for the next event's acknowledgement, or sending it, when the signal is aborted; as `timeout()`. */
    signal(signal: AbortSignal): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
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
export declare namespace Socket {
    /** Why a socket was disconnected. */
    type DisconnectReason = "io server disconnect" | "io client disconnect" | "ping timeout" | "transport close" | "transport error" | "parse error";
}
export {};
