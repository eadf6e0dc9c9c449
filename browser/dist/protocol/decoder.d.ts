import { Emitter } from "../emitter.js";
import { type Packet } from "./packet.js";
interface DecoderEvents {
    decoded: (packet: Packet) => void;
}
/** Reads packets from text and attachments, and emits each complete one as `decoded`. */
export declare class Decoder extends Emitter<{}, {}, DecoderEvents> {
    private incomplete?;
    private expected;
    private buffers?;
    /**
     * Takes what one Engine.IO message contained.
     *
     * Throws if that is not part of a valid packet; the decoder must be destroyed then.
     */
    add(data: unknown): void;
    /** Forgets a packet that was only received in part. */
    destroy(): void;
    private addText;
    private addAttachment;
}
export {};
