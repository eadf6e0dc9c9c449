import { because } from "./cause.js";
import { decodePacket, type RawData } from "./packet.js";
import { Polling } from "./polling.js";
import type { Answer } from "./xhr.js";

const STREAM_ERROR = "stream error";

/** Milliseconds without a first packet after which a proxy is taken to keep the response back. */
const FIRST_PACKET = 3000;

// A frame is headed as Engine.IO has it over WebTransport: the upper bit tells binary data, the rest the length, or in
// how many bytes it follows.
const BINARY = 128;
const LENGTH_16 = 126;

/** Streaming: one HTTP response that goes on brings the packets; those of the client go by POST, as in polling. */
export class Streaming extends Polling {
  // The server ends a response with a noop, so that the next one is asked for. Without it, it was cut off.
  private rotated?: boolean;

  override get name(): string {
    return "streaming";
  }

  override upgrade(): void {}

  protected override doClose(): void {
    if (this.socket.transport === this) super.doClose();
    else this.controller.abort();
  }

  protected override poll(): void {
    const limit = this.rotated ? 0 : FIRST_PACKET;
    this.rotated = false;
    this.request(STREAM_ERROR, () => this.onEnd(), undefined, limit);
  }

  /** The response has begun: a session that polls may try it. */
  protected begin(): void {
    if (this.readyState === "opening" && this.query.sid) this.onOpen();
  }

  protected receive(data: RawData): void {
    this.clearTimeoutFn(this.timer);
    const packet = decodePacket(data, this.socket.binaryType);
    this.rotated = packet.type === "noop";
    if (!this.rotated) this.accept(packet);
  }

  protected override async read({ body }: Answer): Promise<string> {
    this.begin();
    const reader = body!.getReader();
    let bytes = new Uint8Array();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "";
      const joined = new Uint8Array(bytes.length + value.length);
      joined.set(bytes);
      joined.set(value, bytes.length);
      bytes = joined;
      for (;;) {
        const short = bytes[0] % BINARY;
        const header = short < LENGTH_16 ? 1 : short > LENGTH_16 ? 9 : 3;
        let length = header > 1 ? 0 : short;
        for (let i = 1; i < header; i++) length = length * 256 + bytes[i];
        const end = header + length;
        // What is missing is not a number, and compares with nothing.
        if (!(end <= bytes.length)) break;
        const data = bytes.slice(header, end);
        // Each packet has its effect before the next: what follows may be the end.
        await this.receive(bytes[0] < BINARY ? new TextDecoder().decode(data) : data.buffer);
        bytes = bytes.subarray(end);
      }
    }
  }

  private onEnd(): void {
    if (this.readyState === "closed") return;
    if (this.rotated) this.poll();
    else this.onError(STREAM_ERROR, 200, this.answer, because("cut_off"));
  }
}
