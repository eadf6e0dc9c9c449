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
  options?: { compress?: boolean };
}

// The index is the digit on the wire.
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

// Arguments of one call end up on the stack, so long data is converted piece by piece.
const BASE64_PIECE = 0x8000;

const UNREADABLE: Packet = { type: "error", data: "parser error" };

const SEPARATOR = "\x1e";

/** Whether `value` travels as an attachment and not as JSON. */
export function isBinary(value: unknown): value is BinaryData {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}

function toBase64(data: ArrayBuffer | ArrayBufferView): string {
  // A view has a buffer and an offset; without them this is the whole of a buffer.
  const { buffer = data, byteOffset } = data as ArrayBufferView;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, data.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += BASE64_PIECE) {
    text += String.fromCharCode(...bytes.subarray(i, i + BASE64_PIECE));
  }
  return "b" + btoa(text);
}

function fromBase64(text: string): ArrayBuffer {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes.buffer;
}

/** Encodes one packet. Only a `Blob` that must become base64 takes a promise: it has to be read first. */
export function encodePacket({ type, data }: Packet, supportsBinary: boolean): RawData | Promise<string> {
  if (!isBinary(data)) return TYPES.indexOf(type as (typeof TYPES)[number]) + (data || "");
  if (supportsBinary) return data;
  return data instanceof Blob ? data.arrayBuffer().then(toBase64) : toBase64(data);
}

/** Encodes several packets, and calls back at once unless a `Blob` has to be read. */
export function encodePackets(
  packets: Packet[],
  supportsBinary: boolean,
  done: (encoded: RawData[]) => void,
  failed: (error: unknown) => void,
): void {
  const encoded = packets.map((packet) => encodePacket(packet, supportsBinary));
  if (encoded.some((part) => part instanceof Promise)) Promise.all(encoded).then(done, failed);
  else done(encoded as RawData[]);
}

/** Joins encoded packets to the body of a request. */
export function joinPayload(encoded: RawData[]): string {
  return encoded.join(SEPARATOR);
}

/** Decodes one packet; the result is of type `error` if the server sent something else. */
export function decodePacket(encoded: RawData, binaryType?: BinaryType): Packet {
  if (typeof encoded !== "string") return { type: "message", data: present(encoded, binaryType) };
  if (encoded[0] === "b") {
    try {
      return { type: "message", data: present(fromBase64(encoded.slice(1)), binaryType) };
    } catch {
      return UNREADABLE;
    }
  }
  const type = TYPES[encoded.charCodeAt(0) - 48];
  if (!type) return UNREADABLE;
  return encoded.length > 1 ? { type, data: encoded.slice(1) } : { type };
}

/** Decodes the body of a response. Nothing after the first unreadable packet is trusted. */
export function decodePayload(payload: string, binaryType?: BinaryType): Packet[] {
  const packets: Packet[] = [];
  for (const encoded of payload.split(SEPARATOR)) {
    const packet = decodePacket(encoded, binaryType);
    packets.push(packet);
    if (packet.type === "error") break;
  }
  return packets;
}

function present(data: BinaryData, binaryType?: BinaryType): BinaryData {
  return binaryType === "blob" && !(data instanceof Blob) ? new Blob([data as ArrayBuffer]) : data;
}

/** Bytes that message content takes in a request's body, without the packet's leading character. */
export function encodedLength(data: RawData): number {
  // Not by `TextEncoder`, which jsdom has not.
  if (typeof data === "string") return new Blob([data]).size;
  const length = (data as Blob).size ?? (data as ArrayBuffer).byteLength;
  return Math.ceil(length / 3) * 4;
}
