import { type Packet, type RawData } from "./packet.js";
import { Transport } from "./transport.js";
import { type Answer } from "./xhr.js";
/** What an error says about its request, under the names that `XMLHttpRequest` has for it. */
interface RequestContext {
    /** 0 if there was no complete response. */
    status: number;
    responseText: string;
    error?: unknown;
}
/** HTTP long-polling: one GET waits for packets, and one POST at a time brings those of the client. */
export declare class Polling extends Transport {
    private isPolling?;
    protected controller: AbortController;
    protected timer: unknown;
    protected answer: RequestContext;
    private redirected?;
    get name(): string;
    /** Stops polling, and calls back when the GET has returned and the POST is finished, so that no packet is lost. */
    pause(onPause: () => void): void;
    protected doOpen(): void;
    protected doClose(): void;
    protected write(packets: Packet[]): void;
    protected onData(data: RawData): void;
    protected accept(packet: Packet): void;
    protected poll(): void;
    protected request(failure: string, done: (text: string) => void, body?: string, limit?: number | undefined): Promise<void>;
    /** Reads an answer whose status is 200. */
    protected read(answer: Answer): Promise<string>;
    /** Sends a request. The Node.js build has a way of its own. */
    protected fetch(uri: string, request: RequestInit): Promise<Answer>;
    private isRefused;
}
export {};
