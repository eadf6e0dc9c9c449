import { failure } from "../emitter.js";

// The build replaces it: without logs, the sentences are not in a file either.
declare const LOG: boolean;

/** What really happened when a connection failed, where the error's message only names the transport. */
export type CauseCode = keyof typeof SENTENCES;

/** The `cause` of an error of this client. */
export interface Cause extends Error {
  code: CauseCode;
}

const SENTENCES = {
  no_answer: "nothing answered: wrong address, or no network",
  refused_origin: "the server answers, but not to this origin",
  forbidden: "the page's Content-Security-Policy forbids the connection",
  cut_off: "the answer broke off",
  request_timeout: "requestTimeout is over",
  timeout: "timeout is over",
  redirected: "redirected: to a login?",
  html: "the answer is a page: wrong path?",
  empty: "the answer is empty",
  unreadable: "the answer is not Socket.IO's",
  status: "the HTTP status is not 200",
  engine_3: "the server speaks Socket.IO 2",
  server_0: "the server does not offer this transport",
  server_1: "the server does not know the session: restarted, or behind a load balancer?",
  server_2: "the server refuses the method",
  server_3: "the server refuses the request",
  server_4: "the server's allowRequest refuses",
  server_5: "the server does not speak Engine.IO 4",
  no_websocket: "refused, or nothing answered",
  connection_lost: "the connection broke",
  blob: "a Blob could not be read",
  no_transport: "none of `transports` is known here",
  closed_early: "closed before the handshake",
};

/** An error for `cause`, with words for people where the file has room for them. */
export function because(code: CauseCode): Cause {
  return failure(LOG ? SENTENCES[code] : code, { code });
}
