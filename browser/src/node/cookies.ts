/** Cookies of one connection, which Node.js does not keep: a load balancer needs them to find the session's server. */
export class CookieJar {
  private cookies = new Map<string, { value: string; expires: number }>();

  /** Takes the `Set-Cookie` headers of a response (RFC 6265 5.2). */
  parse(headers: readonly string[] = []): void {
    for (const header of headers) {
      const [pair, ...attributes] = header.split(";");
      const equals = pair.indexOf("=");
      if (equals < 1) continue;
      const name = pair.slice(0, equals).trim();
      const expires = expiry(attributes);
      if (expires <= Date.now()) this.cookies.delete(name);
      else this.cookies.set(name, { value: pair.slice(equals + 1).trim(), expires });
    }
  }

  /** The value of the `Cookie` header; empty if there is no cookie. */
  header(): string {
    for (const [name, { expires }] of this.cookies) if (expires <= Date.now()) this.cookies.delete(name);
    return [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
  }
}

function expiry(attributes: string[]): number {
  let expires = Infinity;
  for (const attribute of attributes) {
    const [name, value = ""] = attribute.split("=", 2).map((part) => part.trim());
    // RFC 6265 5.3: Max-Age goes before Expires, wherever it stands.
    if (/^max-age$/i.test(name) && /^-?\d+$/.test(value)) return Date.now() + +value * 1000;
    if (/^expires$/i.test(name)) expires = Date.parse(value) || expires;
  }
  return expires;
}
