// Generated from the server's types in Rust: change those.

/** The answer when a handler fails, or cannot read what was sent. */
export type Failure = { error: string };

/**
 * That it was said.
 */
export type Accepted = { at: number, };

/**
 * The event of the tutorial.
 */
export type ChatMessage = string;

/**
 * A question of the server.
 */
export type Confirm = { question: string, };

/**
 * What somebody said, borrowed from where it is kept.
 */
export type Message = { by: string, text: string, };

/**
 * Two arguments.
 */
export type Move = [number, number];

/**
 * Two arguments and an answer without a value.
 */
export type Place = [string, Position];

/**
 * Where something is.
 */
export type Position = { "kind": "point", x: number, y: number, } | { "kind": "nowhere" };

/**
 * What somebody says.
 */
export type Say = { 
/**
 * Made by the client.
 */
messageId: number, text: string, to: Array<string> | null, };

/**
 * Bytes.
 */
export type Upload = { name: string, data: ArrayBuffer, };

export interface ClientToServerEvents {
  "chat message": (payload: ChatMessage) => void;
  count: (reply: (answer: { [key in string]: number } | Failure) => void) => void;
  move: (...payload: Move) => void;
  place: (...payload: [...Place, reply: (failure?: Failure) => void]) => void;
  refresh: () => void;
  say: (payload: Say, reply: (answer: Accepted | Failure) => void) => void;
  upload: (payload: Upload, reply: (failure?: Failure) => void) => void;
}

export interface ServerToClientEvents {
  confirm: (payload: Confirm, reply: (answer: boolean) => void) => void;
  message: (payload: Message) => void;
  move: (...payload: Move) => void;
  nudge: (reply: () => void) => void;
}
