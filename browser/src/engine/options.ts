import type { Query } from "../address.js";
import type { Packet, RawData } from "./packet.js";
import type { CloseDetails, Transport } from "./transport.js";

/** Name of a transport: one that is known, or that of a class given in the options. */
export type TransportName = "polling" | "websocket" | "webtransport" | (string & {});

/** Class of a transport, its name on the prototype. */
export type TransportCtor = new (opts: any) => Transport;

/** Options of the connection. */
export interface EngineOptions {
  /** Host with or without a port, instead of an address. */
  host?: string;
  hostname?: string;
  secure?: boolean;
  port?: string | number;
  /** Parameters added to every request. */
  query?: Query;
  /** Whether to leave polling for something better. Default: true. */
  upgrade?: boolean;
  /** Send binary data as text. Default: false. */
  forceBase64?: boolean;
  /** Name of the parameter that keeps responses out of caches. Default: `t`. */
  timestampParam?: string;
  /** Whether to send it. Default: with polling only. */
  timestampRequests?: boolean;
  /** Transports in the order of preference. Default: `["polling", "websocket"]`. */
  transports?: TransportName[] | TransportCtor[];
  /** Classes of transports, instead of `transports`. */
  transportImplementations?: TransportCtor[];
  /** Whether to try the next transport if the first cannot connect. Default: false. */
  tryAllTransports?: boolean;
  /** Whether to start with WebSocket if that worked last time. Default: false. */
  rememberUpgrade?: boolean;
  /** Milliseconds that an HTTP request may take; 0 is no limit. Default: 0. */
  requestTimeout?: number;
  /** Options for one transport, by its name. */
  transportOptions?: Object;
  /** Headers of the HTTP requests; browsers cannot add any to a WebSocket. */
  extraHeaders?: Record<string, string>;
  /** Whether to send cookies to another origin. Default: false. */
  withCredentials?: boolean;
  /** Whether to close without a `disconnect` event when the page goes away. Default: false. */
  closeOnBeforeunload?: boolean;
  /** Whether to keep to the timers of the time when the script was loaded. Default: false. */
  useNativeTimers?: boolean;
  path?: string;
  /** Whether the path ends with a slash. Default: true. */
  addTrailingSlash?: boolean;
  /** WebSocket subprotocols. */
  protocols?: string | string[];
  /** Agent of the requests: an `http.Agent`. Node.js only. */
  agent?: string | boolean;
  /** Certificate, key and authorities in one PKCS #12 file. Node.js only. */
  pfx?: string;
  /** Private key, PEM. Node.js only. */
  key?: string;
  /** Of the private key or the PKCS #12 file. Node.js only. */
  passphrase?: string;
  /** Certificate, PEM. Node.js only. */
  cert?: string;
  /** Certificates of authorities to trust instead of the usual ones, PEM. Node.js only. */
  ca?: string | string[];
  /** Ciphers to offer, as OpenSSL names them. Node.js only. */
  ciphers?: string;
  /** Whether to refuse a server whose certificate is not trusted. Default: true. Node.js only. */
  rejectUnauthorized?: boolean;
  /** Whether a connection lets the process end. Default: false. Node.js only. */
  autoUnref?: boolean;
  /** Accepted, without effect: browsers negotiate compression themselves, and the Node.js build does not offer it. */
  perMessageDeflate?: { threshold: number };
}

/** What the server says when a connection opens. */
export interface HandshakeData {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

/** Options of one message. */
export interface WriteOptions {
  compress?: boolean;
}

/** Events of the connection. */
export interface EngineEvents {
  open: () => void;
  handshake: (data: HandshakeData) => void;
  packet: (packet: Packet) => void;
  packetCreate: (packet: Packet) => void;
  data: (data: RawData) => void;
  message: (data: RawData) => void;
  drain: () => void;
  flush: () => void;
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  error: (error: string | Error) => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: Error) => void;
  close: (reason: string, description?: CloseDetails | Error) => void;
}
