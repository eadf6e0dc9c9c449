import { Emitter } from "../emitter.js";
import { type Packet } from "./packet.js";
/** Options of the {@link Decoder}. */
export interface DecoderOptions {
    /** Passed to `JSON.parse`. */
    reviver?: (this: any, key: string, value: any) => any;
    /** Most attachments that one packet may announce. Default: 10, as in `socket.io-parser`. */
    maxAttachments?: number;
}
interface DecoderEvents {
    decoded: (packet: Packet) => void;
}
/** Reads packets from text and attachments, and emits each complete one as `decoded`. */
export declare class Decoder extends Emitter<{}, {}, DecoderEvents> {
    private opts;
    private incomplete?;
    private expected;
    private buffers;
    constructor(opts?: DecoderOptions | DecoderOptions["reviver"]);
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
    private parse;
}
export {};
