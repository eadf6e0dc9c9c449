import { type Packet } from "./packet.js";
import { Transport } from "./transport.js";
/** WebSocket: one message a packet. */
export declare class WebSocketTransport extends Transport {
    private ws?;
    get name(): string;
    protected doOpen(): void;
    protected doClose(): void;
    protected write(packets: Packet[]): void;
}
