/** Options of a socket. */
export interface SocketOptions {
  /** Credentials sent at each connection, or a function that gives them to its callback. */
  auth?: { [key: string]: any } | ((callback: (data: object) => void) => void);
  /** How often an event is sent again that the server did not acknowledge in time. Default: not at all, no waiting. */
  retries?: number;
  /** Milliseconds to wait for every acknowledgement. */
  ackTimeout?: number;
  /** Bytes of events that may wait for a connection; text counts by its characters. Default: 10,000,000. */
  maxBufferSize?: number;
}

/** What is known about the end of a connection. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

/** The error of a connection that the server refused. */
export interface ExtendedError extends Error {
  /** What the server's middleware attached. */
  data?: any;
}
