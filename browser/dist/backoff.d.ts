/**
 * The delay before an attempt to connect, in milliseconds: from `min`, doubled after each of the `attempts` before it,
 * up to `max`, and off by a random part of it, at most the share `jitter` (0 to 1).
 */
export declare function backoff(attempts: number, min: number, max: number, jitter: number): number;
