import { Emitter } from "../emitter.js";
import { isReserved, PacketType, type Packet } from "../protocol/packet.js";

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

/** Reads packets of MessagePack, one of them in each message, and emits them as `decoded`. */
export class Decoder extends Emitter<{}, {}, DecoderEvents> {
  private view!: DataView;
  private at = 0;

  /** Takes one Engine.IO message. Throws if that is not one valid packet. */
  add(data: any): void {
    const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
    this.view = new DataView(buffer, byteOffset, byteLength);
    this.at = 0;
    const packet = this.value();
    if (this.at !== byteLength) throw new Error("trailing bytes");
    const { type, nsp, id, data: content } = packet || {};
    if (!(type in PacketType) || type > PacketType.CONNECT_ERROR) throw new Error("invalid packet type");
    if (typeof nsp !== "string") throw new Error("invalid namespace");
    if (!isValid(type, content)) throw new Error("invalid payload");
    if (id !== undefined && !Number.isInteger(id)) throw new Error("invalid packet id");
    this.emitReserved("decoded", packet);
  }

  /** There is nothing to forget: no packet comes in parts. */
  destroy(): void {}

  private skip(size: number): number {
    this.at += size;
    return this.at - size;
  }

  // `width` is the power of two of the bytes that a big-endian number has.
  private unsigned(width: number): number {
    const { view } = this;
    const at = this.skip(1 << width);
    if (width === 0) return view.getUint8(at);
    if (width === 1) return view.getUint16(at);
    return view.getUint32(at) * (width > 2 ? 2 ** 32 : 1) + (width > 2 ? view.getUint32(at + 4) : 0);
  }

  private signed(width: number): number {
    const { view } = this;
    const at = this.skip(1 << width);
    if (width === 0) return view.getInt8(at);
    if (width === 1) return view.getInt16(at);
    return view.getInt32(at) * (width > 2 ? 2 ** 32 : 1) + (width > 2 ? view.getUint32(at + 4) : 0);
  }

  // Throws if there are fewer: a length alone allocates nothing.
  private bytes(length: number): Uint8Array {
    return new Uint8Array(this.view.buffer as ArrayBuffer, this.view.byteOffset + this.skip(length), length);
  }

  private text(length: number): string {
    return new TextDecoder().decode(this.bytes(length));
  }

  private list(length: number): any[] {
    const items = [];
    while (length--) items.push(this.value());
    return items;
  }

  private map(length: number): object {
    const entries: [string, any][] = [];
    while (length--) entries.push([this.value(), this.value()]);
    // Makes properties of their own, whatever their names.
    return Object.fromEntries(entries);
  }

  private extension(length: number): any {
    const type = this.signed(0);
    if (!type && length === 1) return void this.skip(1);
    if (!type && length === 8) return new Date(this.signed(3));
    return [type, this.bytes(length).slice().buffer];
  }

  private value(): any {
    const code = this.unsigned(0);
    if (code < 0x80) return code;
    if (code < 0x90) return this.map(code & 15);
    if (code < 0xa0) return this.list(code & 15);
    if (code < 0xc0) return this.text(code & 31);
    if (code > 0xdf) return code - 0x100;
    if (code === 0xc0) return null;
    if (code === 0xc2 || code === 0xc3) return code > 0xc2;
    if (code >= 0xc4 && code < 0xc7) return this.bytes(this.unsigned(code - 0xc4)).slice().buffer;
    if (code >= 0xc7 && code < 0xca) return this.extension(this.unsigned(code - 0xc7));
    if (code === 0xca) return this.view.getFloat32(this.skip(4));
    if (code === 0xcb) return this.view.getFloat64(this.skip(8));
    if (code >= 0xcc && code < 0xd0) return this.unsigned(code - 0xcc);
    if (code >= 0xd0 && code < 0xd4) return this.signed(code - 0xd0);
    if (code >= 0xd4 && code < 0xd9) return this.extension(1 << (code - 0xd4));
    if (code >= 0xd9 && code < 0xdc) return this.text(this.unsigned(code - 0xd9));
    if (code === 0xdc || code === 0xdd) return this.list(this.unsigned(code - 0xdb));
    if (code === 0xde || code === 0xdf) return this.map(this.unsigned(code - 0xdd));
    throw new Error("invalid code");
  }
}

function isValid(type: PacketType, data: unknown): boolean {
  const isObject = Object.prototype.toString.call(data) === "[object Object]";
  if (type === PacketType.CONNECT) return data === undefined || isObject;
  if (type === PacketType.DISCONNECT) return data === undefined;
  if (type === PacketType.CONNECT_ERROR) return isObject || typeof data === "string";
  return Array.isArray(data) && (type === PacketType.ACK || !isReserved(data[0]));
}
