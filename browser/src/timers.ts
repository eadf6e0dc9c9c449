/** The timer functions of one connection. */
export interface Timers {
  setTimeoutFn: (callback: () => void, delay: number) => any;
  clearTimeoutFn: (timer: any) => void;
}

// True in the build for Node.js, where a timer can be told not to keep the process.
declare const NODE: boolean;

const native = { setTimeout, clearTimeout };

/**
 * Gives `target` its timer functions: those of the moment, which a test may have replaced by a fake clock, or with
 * `useNativeTimers` those that were there when this script was loaded.
 */
export function installTimers(target: Timers, options: { useNativeTimers?: boolean; autoUnref?: boolean }): void {
  const source = options.useNativeTimers ? native : globalThis;
  target.setTimeoutFn =
    NODE && options.autoUnref
      ? (callback, delay) => (source.setTimeout(callback, delay) as any).unref()
      : source.setTimeout.bind(globalThis);
  target.clearTimeoutFn = source.clearTimeout.bind(globalThis);
}
