import type { TransportCtor } from "./options.js";
/** For `transports`, like the other classes. */
export declare const WebTransport: TransportCtor;
