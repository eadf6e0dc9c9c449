import { isBinary, type BinaryData } from "../engine/packet.js";
import { Emitter } from "../emitter.js";
import { isReserved, PacketType, type Packet } from "./packet.js";

// As in `socket.io-parser`: the most attachments that one packet may announce.
const MOST_ATTACHMENTS = 10;

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

// `<type>[<attachments>-][<namespace>,][<ack id>][<json>]`
// Only up to the JSON: to run over it here would take longer than to parse it.
const HEAD = /^([0-6])(?:(\d*)-)?(?:(\/[^,]*),?)?(\d*)/;

/** Reads packets from text and attachments, and emits each complete one as `decoded`. */
export class Decoder extends Emitter<{}, {}, DecoderEvents> {
  private incomplete?: Packet;
  private expected!: number;
  private buffers?: BinaryData[];

  /**
   * Takes what one Engine.IO message contained.
   *
   * Throws if that is not part of a valid packet; the decoder must be destroyed then.
   */
  add(data: unknown): void {
    if (typeof data === "string") this.addText(data);
    else if (isBinary(data)) this.addAttachment(data);
    else throw new Error("Unknown type: " + data);
  }

  /** Forgets a packet that was only received in part. */
  destroy(): void {
    this.incomplete = this.buffers = undefined;
  }

  private addText(text: string): void {
    if (this.incomplete) throw new Error("got plaintext data when reconstructing a packet");
    // Most packets are events without anything before the JSON; the pattern takes longer than all the rest.
    const [head, digit, count, nsp = "/", id] = text.startsWith("2[") ? ["2", "2"] : HEAD.exec(text) || [];
    if (!head) throw new Error("unknown packet type " + text[0]);
    const json = text.slice(head.length);
    const type = +digit!;
    const hasAttachments = type >= PacketType.BINARY_EVENT;
    if (hasAttachments ? !(+count > 0) : count !== undefined) throw new Error("Illegal attachments");
    if (+count > MOST_ATTACHMENTS) throw new Error("too many attachments");

    const packet: Packet = { type: hasAttachments ? type - 3 : type, nsp };
    if (id) packet.id = +id;
    if (json) {
      try {
        packet.data = JSON.parse(json);
      } catch {}
      if (!isPayloadValid(packet)) throw new Error("invalid payload");
    }
    if (hasAttachments) {
      this.incomplete = packet;
      this.buffers = [];
      this.expected = +count;
    } else {
      this._fire("$decoded", [packet]);
    }
  }

  private addAttachment(data: BinaryData): void {
    const { incomplete: packet, buffers } = this;
    if (!packet) throw new Error("got binary data when not reconstructing a packet");
    if (buffers!.push(data) === this.expected) {
      packet.data = attach(packet.data, buffers!);
      this.destroy();
      this._fire("$decoded", [packet]);
    }
  }
}

function isPayloadValid({ type, data }: Packet): boolean {
  if (Array.isArray(data)) {
    const [event] = data;
    if (type !== PacketType.EVENT) return type === PacketType.ACK;
    return typeof event === "number" || (typeof event === "string" && !isReserved(event));
  }
  if (typeof data === "string") return type === PacketType.CONNECT_ERROR;
  return !!data && typeof data === "object" && (type === PacketType.CONNECT || type === PacketType.CONNECT_ERROR);
}

// Works in place: the value was just parsed, nobody else holds it.
function attach(value: any, buffers: BinaryData[]): any {
  if (!value || typeof value !== "object") return value;
  if (value._placeholder === true) {
    const buffer = typeof value.num === "number" && buffers[value.num];
    if (!buffer) throw new Error("illegal attachments");
    return buffer;
  }
  for (const key of Object.keys(value)) value[key] = attach(value[key], buffers);
  return value;
}
