import { because, type CauseCode } from "./cause.js";
import { encodePackets, type Packet } from "./packet.js";
import { Transport } from "./transport.js";

/** As much of the browser's `WebSocket` as the transport uses. */
export interface WebSocketLike {
  binaryType: string;
  onopen?: ((event?: any) => void) | null;
  onmessage?: ((event: any) => void) | null;
  onerror?: ((event: any) => void) | null;
  onclose?: ((event: any) => void) | null;
  send(data: any): void;
  close(): void;
}

/** WebSocket: one message a packet. */
export class WebSocketTransport extends Transport {
  protected ws: any;

  get name(): string {
    return "websocket";
  }

  protected doOpen(): void {
    const { extraHeaders, protocols, timestampRequests } = this.opts;
    try {
      const uri = this.createUri("ws", timestampRequests, !this.supportsBinary);
      const ws: WebSocketLike = (this.ws = this.createSocket(uri, protocols, { headers: extraHeaders }));
      ws.binaryType = this.socket.binaryType;
      ws.onopen = () => this.onOpen();
      ws.onmessage = (event) => this.onData(event.data);
      ws.onerror = (event) => this.fail(event);
      ws.onclose = (event) => this.onClose({ description: "websocket connection closed", context: event });
    } catch (error) {
      // Later, as nobody listens yet to a connection that fails while it is made.
      this.setTimeoutFn(() => this.fail(error), 0);
    }
  }

  /** Starts the connection. A subclass may return another object with the interface of a browser's `WebSocket`. */
  createSocket(uri: string, protocols: string | string[] | undefined, opts: Record<string, any>): any {
    // Browsers ignore the third argument; React Native and some servers' runtimes take the headers from it.
    const Constructor = WebSocket as new (uri: string, protocols?: string | string[], options?: object) => WebSocket;
    return new Constructor(uri, protocols || [], opts);
  }

  protected doClose(): void {
    if (!this.ws) return;
    // Not null: an `error` event without a listener ends a process that uses the package `ws`.
    this.ws.onerror = () => {};
    this.ws.close();
  }

  protected write(packets: Packet[]): void {
    this.writable = false;
    encodePackets(
      packets,
      this.supportsBinary,
      (encoded) => {
        // A socket that is about to report its end refuses data; the end is then reported anyway.
        try {
          for (const data of encoded) this.ws.send(data);
        } catch {}
        // Later, so that the engine first notes how many packets were taken.
        queueMicrotask(() => this.onDrain());
      },
      (error) => this.fail(error, "blob"),
    );
  }

  private fail(
    description: unknown,
    code: CauseCode = this.readyState === "opening" ? "no_websocket" : "connection_lost",
  ): void {
    this.onError("websocket error", description, undefined, because(code));
  }
}
