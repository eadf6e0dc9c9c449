/** Delays between connection attempts, in milliseconds: doubling, with jitter, up to a maximum. */
export declare class Backoff {
    /** The first delay. */
    min: number;
    /** The largest delay. */
    max: number;
    /** Share of a delay, 0 to 1, by which it may deviate. */
    jitter: number;
    /** Delays handed out since the last reset. */
    attempts: number;
    /** The next delay. */
    duration(): number;
    /** Starts again with the smallest delay. */
    reset(): void;
}
