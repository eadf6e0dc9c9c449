import { Emitter } from "../emitter.js";
import { type Packet } from "../protocol/packet.js";
interface DecoderEvents {
    decoded: (packet: Packet) => void;
}
/** Reads packets of MessagePack, one of them in each message, and emits them as `decoded`. */
export declare class Decoder extends Emitter<{}, {}, DecoderEvents> {
    private view;
    private at;
    /** Takes one Engine.IO message. Throws if that is not one valid packet. */
    add(data: any): void;
    /** There is nothing to forget: no packet comes in parts. */
    destroy(): void;
    private skip;
    private unsigned;
    private signed;
    private bytes;
    private text;
    private list;
    private map;
    private extension;
    private value;
}
export {};
