import { Streaming } from "./streaming.js";
import type { Answer } from "./xhr.js";
/**
 * Streaming in a frame, for a page whose policy forbids connections but allows frames. The response is a document: each
 * of its scripts hands a packet to the page, and it sends what the page gives it.
 */
export declare class Iframe extends Streaming {
    private frame;
    private remove?;
    private sent;
    get name(): string;
    protected doOpen(): void;
    protected poll(): void;
    protected fetch(uri: string, { body, signal }: RequestInit): Promise<Answer>;
    protected read(answer: Answer): Promise<string>;
}
