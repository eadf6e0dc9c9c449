import type { BinaryData } from "../engine/packet.js";
import type { Packet } from "../protocol/packet.js";

const utf8 = new TextEncoder();

/** Turns packets into MessagePack, as `socket.io-msgpack-parser` does. */
export class Encoder {
  private bytes!: Uint8Array;
  private length = 0;

  /** The packet as one attachment. */
  encode({ type, nsp, id, data }: Packet): [BinaryData] {
    this.bytes = new Uint8Array(512);
    this.length = 0;
    // What is not there stays away: `undefined` has a code of its own.
    this.add(present({ type, nsp, data, id }));
    return [this.bytes.slice(0, this.length).buffer];
  }

  private put(...values: number[]): void {
    this.append(values);
  }

  private append(data: ArrayLike<number>): void {
    const end = this.length + data.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(end * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(data, this.length);
    this.length = end;
  }

  // Big-endian, after a code for the width: `code` stands for one byte, the next ones for two and four.
  private sized(code: number, value: number): void {
    if (value < 0x100) this.put(code, value);
    else if (value < 0x10000) this.put(code + 1, value >> 8, value);
    else this.put(code + 2, value >>> 24, value >> 16, value >> 8, value);
  }

  private wide(code: number[], value: number): void {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setInt32(0, Math.floor(value / 2 ** 32));
    bytes.setInt32(4, value >>> 0);
    this.put(...code);
    this.append(new Uint8Array(bytes.buffer));
  }

  private number(value: number): void {
    // Integers past 2^53 are as exact in a float, and fit where 64 bits would not hold them.
    if (!Number.isSafeInteger(value)) {
      this.put(0xcb);
      const bytes = new DataView(new ArrayBuffer(8));
      bytes.setFloat64(0, value);
      this.append(new Uint8Array(bytes.buffer));
    } else if (value >= -0x20 && value < 0x80) this.put(value);
    else if (value >= 0 && value < 2 ** 32) this.sized(0xcc, value);
    else if (value >= -0x80 && value < 0) this.put(0xd0, value);
    else if (value >= -0x8000 && value < 0) this.put(0xd1, value >> 8, value);
    else if (value >= -(2 ** 31) && value < 0) this.put(0xd2, value >> 24, value >> 16, value >> 8, value);
    else this.wide([value < 0 ? 0xd3 : 0xcf], value);
  }

  private add(value: any): void {
    if (value === undefined) this.put(0xd4, 0, 0);
    else if (value === null) this.put(0xc0);
    else if (typeof value === "boolean") this.put(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "string") {
      const bytes = utf8.encode(value);
      if (bytes.length < 0x20) this.put(0xa0 | bytes.length);
      else this.sized(0xd9, bytes.length);
      this.append(bytes);
    } else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      const bytes = ArrayBuffer.isView(value)
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : new Uint8Array(value);
      this.sized(0xc4, bytes.length);
      this.append(bytes);
    } else if (Array.isArray(value)) {
      this.list(0x90, 0xdc, value.length);
      for (const item of value) this.add(item);
    } else if (value instanceof Date) this.wide([0xd7, 0], value.getTime());
    else if (typeof value.toJSON === "function") this.add(value.toJSON());
    else {
      const entries = Object.entries(value).filter(([, item]) => typeof item !== "function");
      this.list(0x80, 0xde, entries.length);
      for (const [key, item] of entries) {
        this.add(key);
        this.add(item);
      }
    }
  }

  private list(short: number, long: number, length: number): void {
    if (length < 0x10) this.put(short | length);
    else if (length < 0x10000) this.put(long, length >> 8, length);
    else this.sized(long - 1, length);
  }
}

function present(packet: object): object {
  return Object.fromEntries(Object.entries(packet).filter(([, value]) => value !== undefined));
}
