/** What polling needs of a response. */
export interface Answer {
    status: number;
    redirected?: boolean;
    body?: ReadableStream<Uint8Array> | null;
    text(): Promise<string>;
}
/** As much of `fetch` as polling uses, by `XMLHttpRequest`: for old pages, and for jsdom, which has nothing else. */
export declare function fetchByXhr(uri: string, { method, body, headers, credentials, signal }: RequestInit): Promise<Answer>;
