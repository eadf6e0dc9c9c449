import { type RawData } from "./packet.js";
import { Polling } from "./polling.js";
import type { Answer } from "./xhr.js";
/** Streaming: one HTTP response that goes on brings the packets; those of the client go by POST, as in polling. */
export declare class Streaming extends Polling {
    private rotated?;
    get name(): string;
    upgrade(): void;
    protected doClose(): void;
    protected poll(): void;
    /** The response has begun: a session that polls may try it. */
    protected begin(): void;
    protected receive(data: RawData): void;
    protected read({ body }: Answer): Promise<string>;
    private onEnd;
}
