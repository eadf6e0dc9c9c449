import type { BinaryData } from "../engine/packet.js";
import type { Packet } from "../protocol/packet.js";
/** Turns packets into MessagePack, as `socket.io-msgpack-parser` does. */
export declare class Encoder {
    private bytes;
    private length;
    /** The packet as one attachment. */
    encode({ type, nsp, id, data }: Packet): [BinaryData];
    private put;
    private append;
    private sized;
    private wide;
    private number;
    private add;
    private list;
}
