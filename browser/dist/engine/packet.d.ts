/** What an Engine.IO packet is for. `error` never travels: it stands for something that could not be read. */
export type PacketType = (typeof TYPES)[number] | "error";
/** Binary data as a user may send it. */
export type BinaryData = ArrayBuffer | ArrayBufferView | Blob;
/** The content of a message. */
export type RawData = string | BinaryData;
/** How received binary data is presented. */
export type BinaryType = "arraybuffer" | "blob";
/** One Engine.IO packet. */
export interface Packet {
    type: PacketType;
    data?: RawData;
    options?: {
        compress?: boolean;
    };
}
declare const TYPES: readonly ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
/** Whether `value` travels as an attachment and not as JSON. */
export declare function isBinary(value: unknown): value is BinaryData;
/** Encodes one packet. Only a `Blob` that must become base64 takes a promise: it has to be read first. */
export declare function encodePacket({ type, data }: Packet, supportsBinary: boolean): RawData | Promise<string>;
/** Encodes several packets, and calls back at once unless a `Blob` has to be read. */
export declare function encodePackets(packets: Packet[], supportsBinary: boolean, done: (encoded: RawData[]) => void, failed: (error: unknown) => void): void;
/** Joins encoded packets to the body of a request. */
export declare function joinPayload(encoded: RawData[]): string;
/** Decodes one packet; the result is of type `error` if the server sent something else. */
export declare function decodePacket(encoded: RawData, binaryType?: BinaryType): Packet;
/** Decodes the body of a response. Nothing after the first unreadable packet is trusted. */
export declare function decodePayload(payload: string, binaryType?: BinaryType): Packet[];
/** Bytes that message content takes in a request's body, without the packet's leading character. */
export declare function encodedLength(data: RawData): number;
export {};
