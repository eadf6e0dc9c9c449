import { Emitter } from "../emitter.js";
import type { EngineEvents, EngineOptions, TransportCtor, TransportName, WriteOptions } from "./options.js";
import type { BinaryType, Packet, RawData } from "./packet.js";
import type { Transport, TransportOptions } from "./transport.js";
/** The transports that are there without being given, in the order of preference. */
export declare const transportsByName: Record<string, TransportCtor>;
/** One Engine.IO connection: its handshake, heartbeat, write buffer and transports. It does not reconnect. */
export declare class Socket extends Emitter<{}, {}, EngineEvents> {
    static readonly protocol = 4;
    /** Whether the last connection of this page got to WebSocket. */
    static priorWebsocketSuccess: boolean;
    /** Session id; null before the handshake and after the end, which the reference's types do not say. */
    id: string;
    transport: Transport;
    binaryType: BinaryType;
    readyState: "opening" | "open" | "closing" | "closed";
    /** Packets that no transport has taken yet, after those that are being sent. */
    writeBuffer: Packet[];
    protected readonly opts: EngineOptions & Pick<TransportOptions, "path">;
    protected readonly transports: TransportName[];
    private _transportsByName;
    private _prevBufferLen;
    private _pingDelay;
    private _pingTimeoutTimer;
    private _pingTimeoutTime;
    private _cleanups;
    constructor(uri: string | undefined, options: EngineOptions & {
        path: string;
    });
    private _open;
    private _onPacket;
    private _onHandshake;
    private _resetPingTimeout;
    private _onDrain;
    /** Sends a message; `onFlush` is called when the next packets are given to the transport. */
    write(data: RawData, options?: WriteOptions | null, onFlush?: () => void): this;
    /** Alias of {@link Socket.write}. */
    send(data: RawData, options?: WriteOptions | null, onFlush?: () => void): this;
    private _sendPacket;
    /** Closes the connection after what was written has left, and after an upgrade that is under way. */
    close(): this;
    private _onServerError;
    private _onError;
    private _onClose;
}
