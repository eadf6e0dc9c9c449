import { decodePayload, encodePackets, joinPayload, type Packet, type RawData } from "./packet.js";
import { Transport } from "./transport.js";

// The error messages name XHR, which this transport does not use: applications compare them.
const POLL_ERROR = "xhr poll error";
const POST_ERROR = "xhr post error";

/** What an error says about its request, under the names that `XMLHttpRequest` has for it. */
interface RequestContext {
  /** 0 if there was no complete response. */
  status: number;
  responseText: string;
  error?: unknown;
}

/** HTTP long-polling: one GET waits for packets, and one POST at a time brings those of the client. */
export class Polling extends Transport {
  private polling = false;
  private controller!: AbortController;

  get name(): string {
    return "polling";
  }

  /** Stops polling, and calls back when the GET has returned and the POST is finished, so that no packet is lost. */
  override pause(onPause: () => void): void {
    this.readyState = "pausing";
    let waiting = 1;
    const settled = () => {
      if (--waiting || this.readyState !== "pausing") return;
      this.readyState = "paused";
      onPause();
    };
    if (this.polling) {
      waiting++;
      this.once("pollComplete", settled);
    }
    if (!this.writable) {
      waiting++;
      this.once("drain", settled);
    }
    settled();
  }

  override resume(): void {
    if (this.readyState !== "pausing" && this.readyState !== "paused") return;
    this.readyState = "open";
    if (!this.polling) this.poll();
  }

  protected doOpen(): void {
    this.poll();
  }

  protected doClose(): void {
    if (this.readyState === "opening") this.controller.abort();
    else this.write([{ type: "close" }]);
  }

  protected write(packets: Packet[]): void {
    this.writable = false;
    encodePackets(
      packets,
      false,
      (encoded) => this.request(POST_ERROR, () => this.onDrain(), joinPayload(encoded)),
      (error) => this.onError(POST_ERROR, error),
    );
  }

  protected override onData(data: RawData): void {
    for (const packet of decodePayload(data as string, this.socket.binaryType)) {
      if (this.readyState === "opening" && packet.type === "open") this.onOpen();
      if (packet.type === "close") {
        this.onClose({ description: "transport closed by the server" });
        break;
      }
      this.onPacket(packet);
    }
    if (this.readyState === "closed") return;
    this.polling = false;
    this.emitReserved("pollComplete");
    if (this.readyState === "open") this.poll();
  }

  private poll(): void {
    this.polling = true;
    this.request(POLL_ERROR, (text) => this.onData(text));
    this.emitReserved("poll");
  }

  private async request(failure: string, done: (text: string) => void, body?: string): Promise<void> {
    const { extraHeaders, withCredentials, timestampRequests, requestTimeout } = this.opts;
    const context: RequestContext = { status: 0, responseText: "" };
    const controller = (this.controller = new AbortController());
    const timer = requestTimeout && this.setTimeoutFn(() => controller.abort(), requestTimeout);
    try {
      const response = await fetch(
        this.createUri("http", timestampRequests !== false, !this.supportsBinary && !this.query.sid),
        {
          method: body ? "POST" : "GET",
          body,
          headers: body ? { ...extraHeaders, "Content-Type": "text/plain;charset=UTF-8" } : extraHeaders,
          signal: controller.signal,
          credentials: withCredentials ? "include" : "same-origin",
          // The close packet must outlive the page.
          keepalive: body === "1",
        },
      );
      context.responseText = await response.text();
      context.status = response.status;
    } catch (error) {
      context.error = error;
    }
    this.clearTimeoutFn(timer);
    // Not within the `try`: what a user's listener throws is not a failed request.
    if (context.status === 200) done(context.responseText);
    // Later, as nobody listens yet to a request that fails while it is made.
    else this.setTimeoutFn(() => this.onError(failure, context.status, context), 0);
  }
}
