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
export type ListenableNames<Reserved extends EventsMap, User extends EventsMap> = EventNames<Reserved> | EventNames<User>;
type ListenerOf<Reserved extends EventsMap, User extends EventsMap, Event extends ListenableNames<Reserved, User>> = Event extends EventNames<Reserved> ? Reserved[Event] : Event extends EventNames<User> ? User[Event] : never;
/** The listener of one event. An event of unknown type takes any listener. */
export type Listener<Reserved extends EventsMap, User extends EventsMap, Event extends ListenableNames<Reserved, User>> = [ListenerOf<Reserved, User, Event>] extends [never] ? (...args: any[]) => void | Promise<void> : ListenerOf<Reserved, User, Event>;
/** How long a listener stays. */
export interface ListenerOptions {
    /** Removes the listener when it is aborted. */
    signal?: AbortSignal;
}
/** An error with what else is known about it. */
export declare function failure<Details extends object>(message: string, details: Details): Error & Details;
/**
 * Calls a function of the application. What it throws is reported like any uncaught exception, and stops nothing here.
 */
export declare function call(target: unknown, callback: (...args: any[]) => unknown, args: readonly any[]): void;
/**
 * Event emitter with the methods, the aliases and the ordering of `@socket.io/component-emitter`.
 *
 * Listeners run in the order of registration; those added or removed during an emission count from the next one.
 */
export declare class Emitter<Listen extends EventsMap, Emit extends EventsMap, Reserved extends EventsMap = {}> {
    private _callbacks?;
    /** Calls local listeners even where a subclass sends `emit` to the server. */
    protected emitReserved: <Event extends EventNames<Reserved>>(event: Event, ...args: EventParams<Reserved, Event>) => this;
    /** Registers `listener` for `event`, until the signal of the options is aborted. */
    on<Event extends ListenableNames<Reserved, Listen>>(event: Event, listener: Listener<Reserved, Listen, Event>, options?: ListenerOptions): this;
    /** Registers `listener` for the next `event` only. */
    once<Event extends ListenableNames<Reserved, Listen>>(event: Event, listener: Listener<Reserved, Listen, Event>, options?: ListenerOptions): this;
    /** Removes one listener of an event, all listeners of an event, or (without arguments) every listener. */
    off<Event extends ListenableNames<Reserved, Listen>>(event?: Event, listener?: Listener<Reserved, Listen, Event>): this;
    /** Calls the listeners of `event` with `args`. */
    emit<Event extends EventNames<Emit>>(event: Event, ...args: EventParams<Emit, Event>): this;
    /** As `emit`, by the name with its "$": putting the two together for each packet would take longer than the rest. */
    protected _fire(key: string, args: readonly any[]): this;
    /** The listeners of `event`. */
    listeners<Event extends ListenableNames<Reserved, Listen>>(event: Event): Listener<Reserved, Listen, Event>[];
    /** Whether `event` has a listener. */
    hasListeners<Event extends ListenableNames<Reserved, Listen>>(event: Event): boolean;
}
export interface Emitter<Listen extends EventsMap, Emit extends EventsMap, Reserved extends EventsMap = {}> {
    /** Alias of {@link Emitter.on}. */
    addEventListener<Event extends ListenableNames<Reserved, Listen>>(event: Event, listener: Listener<Reserved, Listen, Event>, options?: ListenerOptions): this;
    /** Alias of {@link Emitter.off}. */
    removeListener<Event extends ListenableNames<Reserved, Listen>>(event?: Event, listener?: Listener<Reserved, Listen, Event>): this;
    /** Alias of {@link Emitter.off}. */
    removeEventListener<Event extends ListenableNames<Reserved, Listen>>(event?: Event, listener?: Listener<Reserved, Listen, Event>): this;
    /** Alias of {@link Emitter.off}. */
    removeAllListeners<Event extends ListenableNames<Reserved, Listen>>(event?: Event): this;
}
/** Registers a listener and returns the function that removes it. */
export declare function subscribe(emitter: {
    on(event: any, listener: any): unknown;
    off(event: any, listener: any): unknown;
}, event: string, listener: (...args: any[]) => void): () => void;
export {};
