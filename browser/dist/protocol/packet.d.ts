/** Revision of the Socket.IO protocol that this client speaks. */
export declare const protocol = 5;
/** What a Socket.IO packet is for; the value is the digit on the wire. */
export declare enum PacketType {
    CONNECT = 0,
    DISCONNECT = 1,
    EVENT = 2,
    ACK = 3,
    CONNECT_ERROR = 4,
    BINARY_EVENT = 5,
    BINARY_ACK = 6
}
/** One Socket.IO packet. */
export interface Packet {
    type: PacketType;
    nsp: string;
    data?: any;
    id?: number;
    options?: {
        compress?: boolean;
    };
    /** Bytes, while the packet waits for a connection. */
    size?: number;
    /** What keeps the packet from being sent, while it waits for a connection. */
    signal?: AbortSignal;
}
/** Whether the name belongs to the library: neither side may send an event of that name. */
export declare function isReserved(event: unknown): boolean;
