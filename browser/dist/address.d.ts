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
/** Splits an address. Any string has a result: what cannot be read is empty. */
export declare function parse(address: string): Address;
/** The page's own address; a worker has one too, Node.js does not. */
export declare function pageLocation(): Location | undefined;
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
export declare function resolve(uri: string | undefined, path: string, base?: Base | undefined): Target;
/** A host as it is written in a URL: an IPv6 address in brackets. */
export declare function bracketed(host: string): string;
/** Query parameters by name. */
export type Query = Record<string, any>;
/** Writes parameters as `a=1&b=2`. */
export declare function encodeQuery(query: Query): string;
/** Reads `a=1&b=2`. Unlike in a form, `+` is a plus sign. */
export declare function decodeQuery(text: string): Query;
