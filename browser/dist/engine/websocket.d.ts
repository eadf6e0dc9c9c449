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
    private ws?;
    get name(): string;
    protected doOpen(): void;
    /** Starts the connection. The Node.js build has a way of its own. */
    protected connect(uri: string, protocols: string[]): WebSocketLike;
    protected doClose(): void;
    protected write(packets: Packet[]): void;
    private fail;
}
