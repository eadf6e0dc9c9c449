/** The timer functions of one connection. */
export interface Timers {
  setTimeoutFn: (callback: () => void, delay: number) => any;
  clearTimeoutFn: (timer: any) => void;
}

const native = { setTimeout, clearTimeout };

/**
 * Gives `target` its timer functions: those of the moment, which a test may have replaced by a fake clock, or with
 * `useNative` those that were there when this script was loaded.
 */
export function installTimers(target: Timers, useNative?: boolean): void {
  const source = useNative ? native : globalThis;
  target.setTimeoutFn = source.setTimeout.bind(globalThis);
  target.clearTimeoutFn = source.clearTimeout.bind(globalThis);
}
