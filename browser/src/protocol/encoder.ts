import { isBinary, type BinaryData } from "../engine/packet.js";
import { PacketType, type Packet } from "./packet.js";

/** Turns packets into the text and the attachments that are sent for them. */
export class Encoder {
  /** The text of the packet, followed by its attachments. */
  encode(packet: Packet): [string, ...BinaryData[]] {
    const { type, nsp, id, data } = packet;
    const attachments: BinaryData[] = [];
    const hasAttachments = (type === PacketType.EVENT || type === PacketType.ACK) && containsBinary(data);
    const json =
      data == null
        ? ""
        : JSON.stringify(data, hasAttachments ? detaching(attachments) : undefined);
    const head = hasAttachments ? type + 3 + `${attachments.length}-` : type;
    return [head + (nsp && nsp !== "/" ? nsp + "," : "") + (id ?? "") + json, ...attachments];
  }
}

function detaching(attachments: BinaryData[]) {
  return function (this: any, key: string, value: any): any {
    // The holder has the value as it was before `toJSON`, which a Node.js `Buffer` and a polyfilled array define.
    const original = this[key];
    return isBinary(original) ? { _placeholder: true, num: attachments.push(original) - 1 } : value;
  };
}

function containsBinary(value: any, fromJSON?: boolean): boolean {
  if (!value || typeof value !== "object") return false;
  if (isBinary(value)) return true;
  if (typeof value.toJSON === "function" && !fromJSON) return containsBinary(value.toJSON(), true);
  return Object.values(value).some((item) => containsBinary(item));
}
