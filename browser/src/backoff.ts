// Past this power any delay is beyond every maximum; unbounded, it would reach Infinity and turn into NaN.
const LARGEST_EXPONENT = 31;

/**
 * The delay before an attempt to connect, in milliseconds: from `min`, doubled after each of the `attempts` before it,
 * up to `max`, and off by a random part of it, at most the share `jitter` (0 to 1).
 */
export function backoff(attempts: number, min: number, max: number, jitter: number): number {
  let delay = min * 2 ** Math.min(attempts, LARGEST_EXPONENT);
  if (jitter > 0 && jitter <= 1) {
    const random = Math.random();
    // The first decimal decides the sign.
    delay *= 1 + random * jitter * ((random * 10) & 1 ? 1 : -1);
  }
  return Math.floor(Math.min(delay, max));
}
