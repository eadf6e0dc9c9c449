/** Event names with the listener that each takes; the base of every typed-events parameter. */
export interface EventsMap {
  [event: string]: any;
}

/** The events of a socket that was given no types: any name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** The names of the events in `Map`. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of the event `Event` in `Map`. */
export type EventParams<Map extends EventsMap, Event extends EventNames<Map>> = Parameters<Map[Event]>;

/** The names that a listener may be registered for. */
export type ListenableNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

type ListenerOf<
  Reserved extends EventsMap,
  User extends EventsMap,
  Event extends ListenableNames<Reserved, User>,
> = Event extends EventNames<Reserved> ? Reserved[Event] : Event extends EventNames<User> ? User[Event] : never;

/** The listener of one event. An event of unknown type takes any listener. */
export type Listener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Event extends ListenableNames<Reserved, User>,
> = [ListenerOf<Reserved, User, Event>] extends [never]
  ? (...args: any[]) => void | Promise<void>
  : ListenerOf<Reserved, User, Event>;

/** How long a listener stays. */
export interface ListenerOptions {
  /** Removes the listener when it is aborted. */
  signal?: AbortSignal;
}

type Callback = ((...args: any[]) => unknown) & { fn?: unknown };

/** An error with what else is known about it. */
export function failure<Details extends object>(message: string, details: Details): Error & Details {
  return Object.assign(new Error(message), details);
}

/**
 * Calls a function of the application. What it throws is reported like any uncaught exception, and stops nothing here.
 */
export function call(target: unknown, callback: (...args: any[]) => unknown, args: readonly any[]): void {
  try {
    callback.apply(target, args as any[]);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Event emitter with the methods, the aliases and the ordering of `@socket.io/component-emitter`.
 *
 * Listeners run in the order of registration; those added or removed during an emission count from the next one.
 */
export class Emitter<Listen extends EventsMap, Emit extends EventsMap, Reserved extends EventsMap = {}> {
  // The "$" keeps names such as `__proto__` from meaning something to the object.
  private _callbacks?: Record<string, Callback[] | undefined>;

  /** Calls local listeners even where a subclass sends `emit` to the server. */
  protected declare emitReserved: <Event extends EventNames<Reserved>>(
    event: Event,
    ...args: EventParams<Reserved, Event>
  ) => this;

  /** Registers `listener` for `event`, until the signal of the options is aborted. */
  on<Event extends ListenableNames<Reserved, Listen>>(
    event: Event,
    listener: Listener<Reserved, Listen, Event>,
    options?: ListenerOptions,
  ): this {
    const signal = options?.signal;
    if (signal?.aborted) return this;
    let callback = listener as Callback;
    if (signal) {
      // The registration itself, as the same function may be there more than once.
      if (!callback.fn) {
        callback = (...args) => (listener as Callback).apply(this, args);
        callback.fn = listener;
      }
      signal.addEventListener("abort", () => this.off(event, callback as Listener<Reserved, Listen, Event>));
    }
    const callbacks = (this._callbacks = this._callbacks || {});
    const key = "$" + (event as string);
    (callbacks[key] = callbacks[key] || []).push(callback);
    return this;
  }

  /** Registers `listener` for the next `event` only. */
  once<Event extends ListenableNames<Reserved, Listen>>(
    event: Event,
    listener: Listener<Reserved, Listen, Event>,
    options?: ListenerOptions,
  ): this {
    const callback: Callback = (...args: unknown[]) => {
      this.off(event, callback as Listener<Reserved, Listen, Event>);
      (listener as Callback).apply(this, args);
    };
    callback.fn = listener;
    return this.on(event, callback as Listener<Reserved, Listen, Event>, options);
  }

  /** Removes one listener of an event, all listeners of an event, or (without arguments) every listener. */
  off<Event extends ListenableNames<Reserved, Listen>>(
    event?: Event,
    listener?: Listener<Reserved, Listen, Event>,
  ): this {
    const callbacks = this._callbacks || {};
    const key = "$" + (event as string);
    const list = callbacks[key] || [];
    const { length } = arguments;
    if (!length) this._callbacks = {};
    const index = list.findIndex((callback) => listener && (callback === listener || callback.fn === listener));
    if (index >= 0) list.splice(index, 1);
    // `off(event, undefined)` removes nothing: it is what a component calls that never registered.
    if (length < 2 || !list.length) delete callbacks[key];
    return this;
  }

  /** Calls the listeners of `event` with `args`. */
  emit<Event extends EventNames<Emit>>(event: Event, ...args: EventParams<Emit, Event>): this {
    return this._fire("$" + (event as string), args);
  }

  /** As `emit`, by the name with its "$": putting the two together for each packet would take longer than the rest. */
  protected _fire(key: string, args: readonly any[]): this {
    const list = this._callbacks?.[key];
    // A copy, as a listener may add and remove others.
    if (list) for (const callback of list[1] ? list.slice() : [list[0]]) call(this, callback, args);
    return this;
  }

  /** The listeners of `event`. */
  listeners<Event extends ListenableNames<Reserved, Listen>>(event: Event): Listener<Reserved, Listen, Event>[] {
    return (this._callbacks?.["$" + (event as string)] || []) as Listener<Reserved, Listen, Event>[];
  }

  /** Whether `event` has a listener. */
  hasListeners<Event extends ListenableNames<Reserved, Listen>>(event: Event): boolean {
    return !!this.listeners(event).length;
  }
}

export interface Emitter<Listen extends EventsMap, Emit extends EventsMap, Reserved extends EventsMap = {}> {
  /** Alias of {@link Emitter.on}. */
  addEventListener<Event extends ListenableNames<Reserved, Listen>>(
    event: Event,
    listener: Listener<Reserved, Listen, Event>,
    options?: ListenerOptions,
  ): this;
  /** Alias of {@link Emitter.off}. */
  removeListener<Event extends ListenableNames<Reserved, Listen>>(
    event?: Event,
    listener?: Listener<Reserved, Listen, Event>,
  ): this;
  /** Alias of {@link Emitter.off}. */
  removeEventListener<Event extends ListenableNames<Reserved, Listen>>(
    event?: Event,
    listener?: Listener<Reserved, Listen, Event>,
  ): this;
  /** Alias of {@link Emitter.off}. */
  removeAllListeners<Event extends ListenableNames<Reserved, Listen>>(event?: Event): this;
}

const methods = Emitter.prototype as any;
methods.emitReserved = methods.emit;
methods.addEventListener = methods.on;
methods.removeListener = methods.removeEventListener = methods.removeAllListeners = methods.off;

/** Registers a listener and returns the function that removes it. */
export function subscribe(
  emitter: { on(event: any, listener: any): unknown; off(event: any, listener: any): unknown },
  event: string,
  listener: (...args: any[]) => void,
): () => void {
  emitter.on(event, listener);
  return () => emitter.off(event, listener);
}
