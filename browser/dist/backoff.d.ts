/** Construction parameters of {@link Backoff}; times in milliseconds. */
export interface BackoffOptions {
    min: number;
    max: number;
    /** Share of the delay, 0 to 1, by which it may deviate. */
    jitter: number;
}
/** Delays between connection attempts: doubling, with jitter, up to a maximum. */
export declare class Backoff {
    /** Delays handed out since the last reset. */
    attempts: number;
    private min;
    private max;
    private jitter;
    constructor({ min, max, jitter }: BackoffOptions);
    /** The next delay in milliseconds. */
    duration(): number;
    /** Starts again with the smallest delay. */
    reset(): void;
    /** Changes the first delay. */
    setMin(min: number): void;
    /** Changes the largest delay. */
    setMax(max: number): void;
    /** Changes the jitter. */
    setJitter(jitter: number): void;
}
