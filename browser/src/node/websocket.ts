import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket as Stream } from "node:net";
import type { TransportOptions } from "../engine/transport.js";
import { WebSocketTransport, type WebSocketLike } from "../engine/websocket.js";
import { frame, FrameReader, Opcode, type Message } from "./frames.js";
import { start } from "./request.js";

// RFC 6455 4.2.2
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// How long a server may take to answer a Close frame.
const CLOSE_TIMEOUT = 5000;

/** WebSocket by the modules of Node.js: with its agents, certificates, headers and cookies. */
export class NodeWebSocketTransport extends WebSocketTransport {
  override createSocket(uri: string, protocols: string | string[] | undefined): any {
    return new Connection(uri, ([] as string[]).concat(protocols || []), this.opts);
  }
}

/** As much of the browser's `WebSocket` as the transport uses. */
class Connection implements WebSocketLike {
  binaryType = "arraybuffer";
  onopen?: () => void;
  onmessage?: (event: { data: any }) => void;
  onerror?: (event: unknown) => void;
  onclose?: (event: unknown) => void;
  private stream?: Stream;
  private readonly reader = new FrameReader();
  private readonly request;
  private isClosing = false;
  private isClosed = false;

  constructor(uri: string, protocols: string[], options: TransportOptions) {
    const key = randomBytes(16).toString("base64");
    this.request = start(uri, options, {
      headers: {
        ...options.extraHeaders,
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        ...(protocols.length ? { "Sec-WebSocket-Protocol": protocols.join(", ") } : {}),
      },
    });
    this.request.on("error", (error) => this.fail(error));
    this.request.on("response", (response) => {
      response.resume();
      this.fail(new Error(`Unexpected server response: ${response.statusCode}`));
    });
    this.request.on("upgrade", (response: IncomingMessage, stream: Stream, head: Buffer) => {
      if (response.headers["sec-websocket-accept"] !== createHash("sha1").update(key + GUID).digest("base64")) {
        stream.destroy();
        return this.fail(new Error("Invalid Sec-WebSocket-Accept header"));
      }
      this.open(stream, head, options);
    });
    this.request.end();
  }

  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (typeof data === "string") this.write(Opcode.TEXT, Buffer.from(data));
    else if (ArrayBuffer.isView(data)) {
      this.write(Opcode.BINARY, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else this.write(Opcode.BINARY, new Uint8Array(data));
  }

  close(code = 1000): void {
    if (this.isClosing || this.isClosed) return;
    this.isClosing = true;
    if (!this.stream) {
      this.request.destroy();
      return this.end(1006);
    }
    this.write(Opcode.CLOSE, Buffer.of(code >> 8, code & 255));
    setTimeout(() => this.stream!.destroy(), CLOSE_TIMEOUT).unref();
  }

  private open(stream: Stream, head: Buffer, { autoUnref }: TransportOptions): void {
    if (this.isClosed) return void stream.destroy();
    this.stream = stream;
    stream.setNoDelay(true);
    stream.setTimeout(0);
    if (autoUnref) stream.unref();
    stream.on("data", (chunk: Buffer) => this.receive(chunk));
    stream.on("error", (error) => this.fail(error));
    stream.on("close", () => this.end(1006));
    this.onopen?.();
    if (head.length) this.receive(head);
  }

  private write(opcode: Opcode, data: Uint8Array): void {
    if (this.stream?.writable) this.stream.write(frame(opcode, data, randomBytes(4)));
  }

  private receive(chunk: Buffer): void {
    try {
      for (const message of this.reader.read(chunk)) this.onFrame(message);
    } catch (error) {
      this.fail(error);
      this.stream!.destroy();
    }
  }

  private onFrame({ opcode, data }: Message): void {
    if (opcode === Opcode.PING) this.write(Opcode.PONG, data);
    else if (opcode === Opcode.CLOSE) {
      this.close(data.length > 1 ? data.readUInt16BE() : 1000);
      this.stream!.end();
      this.end(data.length > 1 ? data.readUInt16BE() : 1005);
    } else if (opcode !== Opcode.PONG && !this.isClosed) {
      // Throws at text that is not UTF-8 (RFC 6455 8.1).
      const content =
        opcode === Opcode.TEXT ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data) : binary(data);
      this.onmessage?.({ data: content });
    }
  }

  private fail(error: unknown): void {
    if (this.isClosed) return;
    this.onerror?.(error);
    this.end(1006);
  }

  private end(code: number): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.({ code, reason: "", wasClean: code !== 1006 });
  }
}

// In memory of its own, as the application may keep it.
function binary(data: Buffer): ArrayBuffer {
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}
