import type { TransportCtor } from "./options.js";
import { Transport } from "./transport.js";

/**
 * The name of WebTransport, which this client does not speak yet: among `transports` it is passed over, as it is by a
 * browser that has none.
 */
abstract class WebTransportTransport extends Transport {
  get name(): string {
    return "webtransport";
  }
}

/** For `transports`, like the other classes. */
export const WebTransport = WebTransportTransport as unknown as TransportCtor;
