import { request as httpRequest, type ClientRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { TransportOptions } from "../engine/transport.js";
import { CookieJar } from "./cookies.js";

const TLS = ["pfx", "key", "passphrase", "cert", "ca", "ciphers", "rejectUnauthorized"] as const;

const jars = new WeakMap<object, CookieJar>();

/** Starts a request with the agent, the certificates and the cookies that the options ask for. */
export function start(uri: string, options: TransportOptions, request: RequestOptions): ClientRequest {
  const url = new URL(uri.replace(/^ws/, "http"));
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const tls = Object.fromEntries(TLS.filter((name) => options[name] != null).map((name) => [name, options[name]]));
  const cookie = jarOf(options)?.header();
  const headers = { ...request.headers, ...(cookie ? { Cookie: cookie } : {}) };
  const agent = options.agent as unknown as RequestOptions["agent"];
  const sent = send(url, { ...tls, ...request, ...(agent ? { agent } : {}), headers } as RequestOptions);
  sent.on("response", ({ headers }) => jarOf(options)?.parse(headers["set-cookie"]));
  if (options.autoUnref) sent.on("socket", (socket) => socket.unref());
  return sent;
}

// One jar for the transports of a connection.
function jarOf({ withCredentials, socket }: TransportOptions): CookieJar | undefined {
  if (!withCredentials) return undefined;
  let jar = jars.get(socket);
  if (!jar) jars.set(socket, (jar = new CookieJar()));
  return jar;
}
