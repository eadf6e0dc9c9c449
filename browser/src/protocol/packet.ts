/** Revision of the Socket.IO protocol that this client speaks. */
export const protocol = 5;

/** What a Socket.IO packet is for; the value is the digit on the wire. */
export enum PacketType {
  CONNECT,
  DISCONNECT,
  EVENT,
  ACK,
  CONNECT_ERROR,
  BINARY_EVENT,
  BINARY_ACK,
}

/** One Socket.IO packet. */
export interface Packet {
  type: PacketType;
  nsp: string;
  data?: any;
  id?: number;
  options?: { compress?: boolean };
  /** Bytes, while the packet waits for a connection. */
  size?: number;
  /** What keeps the packet from being sent, while it waits for a connection. */
  signal?: AbortSignal;
}

const RESERVED = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

/** Whether the name belongs to the library: neither side may send an event of that name. */
export function isReserved(event: unknown): boolean {
  return RESERVED.test(event as string);
}
