/** The timer functions of one connection. */
export interface Timers {
    setTimeoutFn: (callback: () => void, delay: number) => any;
    clearTimeoutFn: (timer: any) => void;
}
/**
 * Gives `target` its timer functions: those of the moment, which a test may have replaced by a fake clock, or with
 * `useNativeTimers` those that were there when this script was loaded.
 */
export declare function installTimers(target: Timers, options: {
    useNativeTimers?: boolean;
    autoUnref?: boolean;
}): void;
