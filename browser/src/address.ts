/** The parts of a server's address. */
export interface Address {
  /** `http`, `https`, `ws` or `wss`; empty if the address names none. */
  protocol: string;
  /** Host without the brackets of an IPv6 literal. */
  host: string;
  /** Port, or an empty string. */
  port: string;
  /** Path as written: namespaces are compared byte for byte, so nothing is normalised. */
  path: string;
  /** Query without its `?`. */
  query: string;
}

/** What {@link resolve} needs of `window.location`. */
export interface Base {
  protocol: string;
  host: string;
}

const ADDRESS = /^(?:(?:(https?|wss?):)?\/\/)?(?:[^@/?#]*@)?(?:\[([^\]]*)\]|([^:/?#]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?/;

/** Splits an address. Any string has a result: what cannot be read is empty. */
export function parse(address: string): Address {
  const [, protocol = "", ipv6, name = "", port = "", path = "", query = ""] = ADDRESS.exec(address)!;
  return { protocol, host: ipv6 || name, port, path, query };
}

/** The page's own address; a worker has one too, Node.js does not. */
export function pageLocation(): Location | undefined {
  return typeof location === "object" ? location : undefined;
}

/** An address with its defaults filled in. */
export interface Target extends Address {
  /** The absolute address. */
  source: string;
  /** Equal for two targets that can share a connection. */
  id: string;
}

/**
 * Completes what was given to `io()`: nothing means the page's server, `/name` a namespace of it, and a missing scheme
 * or port is the page's or the usual one.
 */
export function resolve(uri: string | undefined, path: string, base: Base | undefined = pageLocation()): Target {
  let source = uri || "/";
  if (/^\/(?!\/)/.test(source)) source = (base ? base.host : "localhost") + source;
  const target = parse(source);
  if (!target.protocol) {
    target.protocol = base && base.protocol !== "https:" ? "http" : "https";
    source = target.protocol + "://" + source.replace(/^\/\//, "");
  }
  target.port = target.port || (/s$/.test(target.protocol) ? "443" : "80");
  target.path = target.path || "/";
  return {
    ...target,
    source,
    id: `${target.protocol}://${bracketed(target.host)}:${target.port}${path}`,
  };
}

/** A host as it is written in a URL: an IPv6 address in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Query parameters by name. */
export type Query = Record<string, any>;

/** Writes parameters as `a=1&b=2`. */
export function encodeQuery(query: Query): string {
  return Object.entries(query)
    .map((pair) => pair.map(encodeURIComponent).join("="))
    .join("&");
}

/** Reads `a=1&b=2`. Unlike in a form, `+` is a plus sign. */
export function decodeQuery(text: string): Query {
  return Object.fromEntries(new URLSearchParams(text.replace(/\+/g, "%2B")));
}
