import { Streaming } from "./streaming.js";
import type { Answer } from "./xhr.js";

/**
 * Streaming in a frame, for a page whose policy forbids connections but allows frames. The response is a document: each
 * of its scripts hands a packet to the page, and it sends what the page gives it.
 */
export class Iframe extends Streaming {
  private frame!: HTMLIFrameElement;
  private remove?: () => void;
  private sent!: (answer: Answer) => void;

  override get name(): string {
    return "iframe";
  }

  protected override doOpen(): void {
    const { query } = this;
    query.transport = "streaming";
    query.frame = Math.random().toString(36).slice(2);
    query.origin = location.origin;
    super.doOpen();
  }

  // A page whose frames are still loading is loading itself.
  protected override poll(): void {
    const start = () => this.readyState !== "closed" && super.poll();
    if (document.readyState === "complete") start();
    else addEventListener("load", start);
  }

  protected override fetch(uri: string, { body, signal }: RequestInit): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { origin } = new URL(uri);
      if (body) {
        this.sent = resolve;
        this.frame.contentWindow!.postMessage([uri, body], origin);
        return;
      }
      const frame = document.createElement("iframe");
      const removeLast = this.remove;
      let end: () => void = reject;
      const receive = ({ source, origin: from, data }: MessageEvent) => {
        if (source !== frame.contentWindow || from !== origin || data[0] !== this.query.frame) return;
        const [, text, status] = data;
        if (status >= 0) {
          this.sent({ status, text: async () => text });
        } else if (text) {
          this.receive(text);
        } else {
          this.frame = frame;
          // What the frame before is still sending is answered there.
          if (this.writable) removeLast?.();
          else if (removeLast) this.once("drain", removeLast);
          resolve({ status: 200, text: () => new Promise((done: any) => (end = done)) });
        }
      };
      this.remove = () => {
        frame.remove();
        removeEventListener("message", receive);
      };
      signal!.onabort = () => {
        this.remove!();
        end();
      };
      addEventListener("message", receive);
      frame.onload = () => end();
      frame.hidden = true;
      // Behind a proxy that replaces `Host`, a server knows its own pages by it.
      frame.referrerPolicy = "origin";
      frame.src = uri;
      document.documentElement.append(frame);
    });
  }

  protected override read(answer: Answer): Promise<string> {
    this.begin();
    return answer.text();
  }
}
