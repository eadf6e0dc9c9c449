import { encodePackets, type Packet } from "./packet.js";
import { Transport } from "./transport.js";

/** WebSocket: one message a packet. */
export class WebSocketTransport extends Transport {
  private ws?: WebSocket;

  get name(): string {
    return "websocket";
  }

  protected doOpen(): void {
    const { protocols, extraHeaders, timestampRequests } = this.opts;
    try {
      // Browsers ignore the third argument; React Native and some servers' runtimes take the headers from it.
      const Constructor = WebSocket as new (uri: string, protocols?: string | string[], options?: object) => WebSocket;
      this.ws = new Constructor(
        this.createUri("ws", timestampRequests, !this.supportsBinary),
        protocols || [],
        extraHeaders && { headers: extraHeaders },
      );
    } catch (error) {
      // Later, as nobody listens yet to a connection that fails while it is made.
      this.setTimeoutFn(() => this.onError("websocket error", error), 0);
      return;
    }
    this.ws.binaryType = this.socket.binaryType;
    this.ws.onopen = () => this.onOpen();
    this.ws.onmessage = (event) => this.onData(event.data);
    this.ws.onerror = (event) => this.onError("websocket error", event);
    this.ws.onclose = (event) => this.onClose({ description: "websocket connection closed", context: event });
  }

  protected doClose(): void {
    if (!this.ws) return;
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
          for (const data of encoded) this.ws!.send(data as any);
        } catch {}
        // Later, so that the engine first notes how many packets were taken.
        queueMicrotask(() => this.onDrain());
      },
      (error) => this.onError("websocket error", error),
    );
  }
}
