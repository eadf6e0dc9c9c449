/** Construction parameters of {@link Backoff}; times in milliseconds. */
export interface BackoffOptions {
  min: number;
  max: number;
  /** Share of the delay, 0 to 1, by which it may deviate. */
  jitter: number;
}

// Past this power any delay is beyond every maximum; unbounded, it would reach Infinity and turn into NaN.
const LARGEST_EXPONENT = 31;

/** Delays between connection attempts: doubling, with jitter, up to a maximum. */
export class Backoff {
  /** Delays handed out since the last reset. */
  attempts = 0;
  private min: number;
  private max: number;
  private jitter: number;

  constructor({ min, max, jitter }: BackoffOptions) {
    this.min = min;
    this.max = max;
    this.jitter = jitter;
  }

  /** The next delay in milliseconds. */
  duration(): number {
    let delay = this.min * 2 ** Math.min(this.attempts++, LARGEST_EXPONENT);
    if (this.jitter > 0 && this.jitter <= 1) {
      const random = Math.random();
      const deviation = Math.floor(random * this.jitter * delay);
      delay += Math.floor(random * 10) % 2 ? deviation : -deviation;
    }
    return Math.floor(Math.min(delay, this.max));
  }

  /** Starts again with the smallest delay. */
  reset(): void {
    this.attempts = 0;
  }

  /** Changes the first delay. */
  setMin(min: number): void {
    this.min = min;
  }

  /** Changes the largest delay. */
  setMax(max: number): void {
    this.max = max;
  }

  /** Changes the jitter. */
  setJitter(jitter: number): void {
    this.jitter = jitter;
  }
}
