import { type BinaryData } from "../engine/packet.js";
import { type Packet } from "./packet.js";
/** Turns packets into the text and the attachments that are sent for them. */
export declare class Encoder {
    /** The text of the packet, followed by its attachments. */
    encode(packet: Packet): [string, ...BinaryData[]];
}
