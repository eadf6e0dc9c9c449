import { type Packet, type RawData } from "./packet.js";
import { Transport } from "./transport.js";
/** HTTP long-polling: one GET waits for packets, and one POST at a time brings those of the client. */
export declare class Polling extends Transport {
    private polling;
    private controller;
    get name(): string;
    /** Stops polling, and calls back when the GET has returned and the POST is finished, so that no packet is lost. */
    pause(onPause: () => void): void;
    resume(): void;
    protected doOpen(): void;
    protected doClose(): void;
    protected write(packets: Packet[]): void;
    protected onData(data: RawData): void;
    private poll;
    private request;
}
