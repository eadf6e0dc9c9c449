/** Kinds of WebSocket frames (RFC 6455 5.2). */
export const enum Opcode {
  CONTINUATION = 0,
  TEXT = 1,
  BINARY = 2,
  CLOSE = 8,
  PING = 9,
  PONG = 10,
}

/** What arrived: a whole message, or a control frame. */
export interface Message {
  opcode: Opcode;
  data: Buffer;
}

// The limit of the package `ws`, which socket.io-client uses in Node.js.
const LONGEST = 100 * 1024 * 1024;

/** Cuts the bytes of a server into messages. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private size = 0;
  private parts: Buffer[] = [];
  private partsSize = 0;
  private opcode = Opcode.CONTINUATION;

  /** The messages that `chunk` completes. Throws at what no server may send. */
  *read(chunk: Buffer): Generator<Message> {
    this.chunks.push(chunk);
    this.size += chunk.length;
    for (let message = this.next(); message !== undefined; message = this.next()) if (message) yield message;
  }

  // `null` is a frame that completes no message, `undefined` too few bytes for a frame.
  private next(): Message | null | undefined {
    if (this.size < 2) return undefined;
    const head = this.peek(10);
    const short = head[1] & 127;
    const headSize = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.size < headSize) return undefined;
    const length = short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    const opcode = head[0] & 15;
    // RFC 6455 5.1, 5.2, 5.5
    if (head[1] & 128) throw new Error("a masked frame");
    if (head[0] & 0x70) throw new Error("a reserved bit");
    if (opcode > Opcode.PONG || (opcode > Opcode.BINARY && opcode < Opcode.CLOSE)) throw new Error("an unknown opcode");
    const isFinal = head[0] > 127;
    const isControl = opcode >= Opcode.CLOSE;
    if (isControl && (!isFinal || length > 125)) throw new Error("a long control frame");
    if (!isControl && (opcode === Opcode.CONTINUATION) !== !!this.opcode) throw new Error("a frame out of order");
    if (length + this.partsSize > LONGEST) throw new Error("a message that is too long");
    if (this.size < headSize + length) return undefined;
    const data = this.take(headSize + length).subarray(headSize);
    if (isControl) return { opcode, data };
    this.opcode ||= opcode;
    this.parts.push(data);
    this.partsSize += length;
    if (!isFinal) return null;
    const message = { opcode: this.opcode, data: Buffer.concat(this.parts) };
    this.parts = [];
    this.partsSize = 0;
    this.opcode = Opcode.CONTINUATION;
    return message;
  }

  private peek(length: number): Buffer {
    const [first] = this.chunks;
    return first.length >= length ? first : Buffer.concat(this.chunks.slice(0, length));
  }

  private take(length: number): Buffer {
    const all = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
    const rest = all.subarray(length);
    this.chunks = rest.length ? [rest] : [];
    this.size = rest.length;
    return all.subarray(0, length);
  }
}

/** One frame of a client: masked with `mask` (RFC 6455 5.3). */
export function frame(opcode: Opcode, data: Uint8Array, mask: Uint8Array): Buffer {
  const { length } = data;
  const sizeBytes = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const bytes = Buffer.allocUnsafe(6 + sizeBytes + length);
  bytes[0] = 128 | opcode;
  bytes[1] = 128 | (sizeBytes === 0 ? length : sizeBytes === 2 ? 126 : 127);
  if (sizeBytes === 2) bytes.writeUInt16BE(length, 2);
  else if (sizeBytes === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.set(mask, 2 + sizeBytes);
  const start = 6 + sizeBytes;
  for (let i = 0; i < length; i++) bytes[start + i] = data[i] ^ mask[i & 3];
  return bytes;
}
