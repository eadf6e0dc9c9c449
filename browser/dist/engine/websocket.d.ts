import { type Packet } from "./packet.js";
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
export declare class WebSocketTransport extends Transport {
    protected ws: any;
    get name(): string;
    protected doOpen(): void;
    /** Starts the connection. A subclass may return another object with the interface of a browser's `WebSocket`. */
    createSocket(uri: string, protocols: string | string[] | undefined, opts: Record<string, any>): any;
    protected doClose(): void;
    protected write(packets: Packet[]): void;
    private fail;
}
