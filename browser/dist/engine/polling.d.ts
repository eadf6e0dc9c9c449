import { type Packet, type RawData } from "./packet.js";
import { Transport } from "./transport.js";
import { type Answer } from "./xhr.js";
/** HTTP long-polling: one GET waits for packets, and one POST at a time brings those of the client. */
export declare class Polling extends Transport {
    private isPolling;
    private controller;
    private answer;
    private redirected?;
    get name(): string;
    /** Stops polling, and calls back when the GET has returned and the POST is finished, so that no packet is lost. */
    pause(onPause: () => void): void;
    protected doOpen(): void;
    protected doClose(): void;
    protected write(packets: Packet[]): void;
    protected onData(data: RawData): void;
    private poll;
    private request;
    /** Sends a request. The Node.js build has a way of its own. */
    protected fetch(uri: string, request: RequestInit): Promise<Answer>;
    private isRefused;
}
