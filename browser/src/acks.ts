/** Typing of acknowledgement callbacks. */

type IsAny<Type> = 0 extends 1 & Type ? true : false;

// Both `timeout()` and `signal()` put an error first, and together it is still one.
type BeginsWithError<Params extends any[]> = Params extends [infer First, ...any[]]
  ? IsAny<First> extends true
    ? false
    : First extends Error
      ? true
      : false
  : false;

type WithError<Args extends any[]> = {
  [Key in keyof Args]: Args[Key] extends (...args: infer Params) => infer Result
    ? BeginsWithError<Params> extends true
      ? Args[Key]
      : (err: Error, ...args: Params) => Result
    : Args[Key];
};

/** Events whose acknowledgement callbacks take an error first, as after `timeout()`. */
export type DecorateAcknowledgements<Events> = {
  [Event in keyof Events]: Events[Event] extends (...args: infer Params) => infer Result
    ? (...args: WithError<Params>) => Result
    : Events[Event];
};

/** The last type of a list. */
export type Last<List extends any[]> = List extends [...infer _Head, infer Tail] ? Tail : any;

/** A list without its last type. */
export type AllButLast<List extends any[]> = List extends [...infer Head, infer _Tail] ? Head : any[];

/** What an acknowledgement callback is given, an error aside. */
export type FirstArg<Callback> =
  IsAny<Callback> extends true
    ? any
    : Callback extends (...args: infer Params) => any
      ? IsAny<Params[0]> extends true
        ? any
        : Params extends [infer First, ...infer Rest]
          ? First extends Error
            ? Rest[0]
            : First
          : any
      : any;
