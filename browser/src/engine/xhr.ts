/** What polling needs of a response. */
export interface Answer {
  status: number;
  redirected?: boolean;
  body?: ReadableStream<Uint8Array> | null;
  text(): Promise<string>;
}

/** As much of `fetch` as polling uses, by `XMLHttpRequest`: for old pages, and for jsdom, which has nothing else. */
export function fetchByXhr(uri: string, { method, body, headers, credentials, signal }: RequestInit): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method!, uri);
    for (const [name, value] of Object.entries(headers || {})) xhr.setRequestHeader(name, value);
    xhr.withCredentials = credentials === "include";
    xhr.onload = () =>
      resolve({
        status: xhr.status,
        redirected: new URL(xhr.responseURL || uri).href !== new URL(uri).href,
        text: () => Promise.resolve(xhr.responseText),
      });
    xhr.onerror = xhr.onabort = reject;
    signal!.onabort = () => xhr.abort();
    xhr.send(body as string);
  });
}
