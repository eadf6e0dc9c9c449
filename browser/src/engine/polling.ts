import { pageLocation } from "../address.js";
import { logOf } from "../log.js";
import { because, type CauseCode } from "./cause.js";
import { decodePayload, encodedLength, encodePackets, joinPayload, type Packet, type RawData } from "./packet.js";
import type { Socket } from "./socket.js";
import { Transport } from "./transport.js";
import { attemptUpgrade } from "./upgrade.js";
import { fetchByXhr, type Answer } from "./xhr.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("engine.io-client:polling");

// The error messages name XHR, which this transport does not use: applications compare them.
const POLL_ERROR = "xhr poll error";
const POST_ERROR = "xhr post error";

const UNNAMED = /^(streaming|iframe)$/;

// What the page's policy has forbidden last.
let forbidden = "";
if (typeof document === "object") {
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective === "connect-src") forbidden = blockedURI;
  });
}

/** What an error says about its request, under the names that `XMLHttpRequest` has for it. */
interface RequestContext {
  /** 0 if there was no complete response. */
  status: number;
  responseText: string;
  error?: unknown;
}

/** HTTP long-polling: one GET waits for packets, and one POST at a time brings those of the client. */
export class Polling extends Transport {
  private isPolling?: boolean;
  protected controller!: AbortController;
  protected timer: unknown;
  protected answer!: RequestContext;
  private redirected?: boolean;

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
    if (this.isPolling) {
      waiting++;
      this.once("pollComplete", settled);
    }
    if (!this.writable) {
      waiting++;
      this.once("drain", settled);
    }
    settled();
  }

  /** @internal */
  override upgrade(offered: unknown): void {
    const { socket } = this;
    const names = ([] as unknown[]).concat(offered);
    // Streaming is not offered by name, as clients of the reference do not know it.
    const rest = socket["transports"].filter((name) => names.includes(name) || (names[0] && UNNAMED.test(name)));
    const next = () => {
      const name = rest.shift();
      if (!name || socket.readyState !== "open") return;
      (socket.constructor as typeof Socket).priorWebsocketSuccess = false;
      attemptUpgrade(socket, name);
    };
    socket.on("upgradeError", next);
    next();
  }

  /** @internal */
  // Engine.IO 4, "maxPayload": a longer body is refused with 413. One packet alone is tried in any case.
  override takeable(packets: Packet[]): Packet[] {
    const { maxPayload } = this.socket;
    let size = -1;
    const end = maxPayload
      ? packets.findIndex(({ data }, i) => (size += 2 + (data ? encodedLength(data) : 0)) > maxPayload && i)
      : -1;
    return packets.slice(0, end < 0 ? undefined : end);
  }

  /** @internal */
  override explain(status?: boolean): CauseCode {
    const { responseText } = this.answer;
    // Engine.IO: the body of a refusal.
    const [, digit] = /^{"code":([0-5])/.exec(responseText) || [];
    if (digit) return ("server_" + digit) as CauseCode;
    if (this.redirected) return "redirected";
    if (status) return "status";
    if (/^\s*</.test(responseText)) return "html";
    return /^\d+:\d/.test(responseText) ? "engine_3" : responseText ? "unreadable" : "empty";
  }

  /** @internal */
  override resume(): void {
    if (!this.readyState!.startsWith("paus")) return;
    this.readyState = "open";
    if (!this.isPolling) this.poll();
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
      (error) => this.onError(POST_ERROR, error, undefined, because("blob")),
    );
  }

  protected override onData(data: RawData): void {
    if (LOG) log("polling got data %s", data);
    for (const packet of decodePayload(data as string, this.socket.binaryType)) {
      this.accept(packet);
      if (packet.type === "close") break;
    }
    if (this.readyState === "closed") return;
    this.isPolling = false;
    this.emitReserved("pollComplete");
    if (this.readyState === "open") this.poll();
  }

  protected accept(packet: Packet): void {
    if (this.readyState === "opening" && packet.type === "open") this.onOpen();
    if (packet.type === "close") this.onClose({ description: "transport closed by the server" });
    else this.onPacket(packet);
  }

  protected poll(): void {
    this.isPolling = true;
    this.request(POLL_ERROR, (text) => this.onData(text));
    this.emitReserved("poll");
  }

  protected async request(
    failure: string,
    done: (text: string) => void,
    body?: string,
    limit = this.opts.requestTimeout,
  ): Promise<void> {
    const { extraHeaders, withCredentials, timestampRequests } = this.opts;
    const context: RequestContext = (this.answer = { status: 0, responseText: "" });
    const controller = new AbortController();
    let code: CauseCode = "no_answer";
    const timer =
      limit &&
      this.setTimeoutFn(() => {
        code = "request_timeout";
        controller.abort();
      }, limit);
    if (!body) {
      this.controller = controller;
      this.timer = timer;
    }
    let uri = "";
    try {
      uri = this.createUri("http", timestampRequests !== false, !this.supportsBinary && !this.query.sid);
      if (LOG) log(body ? "POST %s" : "GET %s", uri);
      const response = await this.fetch(uri, {
        method: body ? "POST" : "GET",
        body,
        headers: body ? { ...extraHeaders, "Content-Type": "text/plain;charset=UTF-8" } : extraHeaders,
        signal: controller.signal,
        credentials: withCredentials ? "include" : "same-origin",
        // The close packet must outlive the page.
        keepalive: body === "1",
      });
      if (code === "no_answer") code = "cut_off";
      context.responseText = await (response.status === 200 ? this.read(response) : response.text());
      context.status = response.status;
      this.redirected = response.redirected;
    } catch (error) {
      context.error = error;
      if (code === "no_answer" && (await this.isRefused(uri))) code = "refused_origin";
    }
    this.clearTimeoutFn(timer);
    // After the close packet, nothing is waited for.
    if (body && this.readyState === "closed") this.controller.abort();
    const { status, responseText } = context;
    // Not within the `try`: what a user's listener throws is not a failed request.
    if (status === 200) return done(responseText);
    if (status) code = this.explain(true);
    // Later, as nobody listens yet to a request that fails while it is made.
    this.setTimeoutFn(() => {
      if (forbidden && uri.startsWith(forbidden)) {
        code = "forbidden";
        // A frame may be allowed to do it.
        this.socket["opts"].tryAllTransports = true;
      }
      this.onError(failure, status, context, because(code));
    }, 0);
  }

  /** Reads an answer whose status is 200. */
  protected read(answer: Answer): Promise<string> {
    return answer.text();
  }

  /** Sends a request. The Node.js build has a way of its own. */
  protected fetch(uri: string, request: RequestInit): Promise<Answer> {
    return (typeof fetch === "function" ? fetch : fetchByXhr)(uri, request);
  }

  // A page is not told whether a server of another origin is silent or does not want it.
  private async isRefused(uri: string): Promise<boolean> {
    return !this.query.sid && !uri.startsWith(pageLocation()?.origin ?? "") && this.reaches();
  }
}
