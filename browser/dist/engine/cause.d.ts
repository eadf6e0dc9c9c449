/** What really happened when a connection failed, where the error's message only names the transport. */
export type CauseCode = keyof typeof SENTENCES;
/** The `cause` of an error of this client. */
export interface Cause extends Error {
    code: CauseCode;
}
declare const SENTENCES: {
    no_answer: string;
    refused_origin: string;
    forbidden: string;
    cut_off: string;
    request_timeout: string;
    timeout: string;
    redirected: string;
    html: string;
    empty: string;
    unreadable: string;
    status: string;
    engine_3: string;
    server_0: string;
    server_1: string;
    server_2: string;
    server_3: string;
    server_4: string;
    server_5: string;
    no_websocket: string;
    connection_lost: string;
    blob: string;
    no_transport: string;
    closed_early: string;
};
/** An error for `cause`, with words for people where the file has room for them. */
export declare function because(code: CauseCode): Cause;
export {};
