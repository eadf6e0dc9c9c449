// Past this power any delay is beyond every maximum; unbounded, it would reach Infinity and turn into NaN.
const LARGEST_EXPONENT = 31;

/** Delays between connection attempts, in milliseconds: doubling, with jitter, up to a maximum. */
export class Backoff {
  /** The first delay. */
  min = 1000;
  /** The largest delay. */
  max = 5000;
  /** Share of a delay, 0 to 1, by which it may deviate. */
  jitter = 0.5;
  /** Delays handed out since the last reset. */
  attempts = 0;

  /** The next delay. */
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
}
