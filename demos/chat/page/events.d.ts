// Generated from the server's types in Rust: change those.

/** The answer when a handler fails, or cannot read what was sent. */
export type Failure = { error: string };

/**
 * The server has a message, once, however often it comes.
 */
export type Accepted = { at: number, };

/**
 * The page of at least one other person received what the reader said.
 */
export type Delivered = { room: RoomName, id: MessageId, };

/**
 * Says who the page belongs to.
 */
export type Enter = { name: string, key: string, };

/**
 * The answer to `enter`.
 */
export type Entered = { by: string, name: PersonName, rooms: Array<Listed>, };

/**
 * What somebody finds in a room.
 */
export type Entrance = { room: RoomName, people: Array<Present>, messages: Array<Message>, };

export type Gone = { room: RoomName, by: string, };

export type Join = { room: string, };

export type Leave = { room: string, };

/**
 * A room as the list of rooms shows it.
 */
export type Listed = { room: RoomName, people: number, };

/**
 * One message of a room, as clients see it.
 */
export type Message = { id: MessageId, room: RoomName, by: string, name: PersonName, text: Text, at: number, delivered: boolean, };

/**
 * Made by the client, at random, before it sends; so a message that comes again is known.
 */
export type MessageId = string;

export type Newcomer = { room: RoomName, by: string, name: PersonName, };

/**
 * A person's name, cleaned.
 */
export type PersonName = string;

/**
 * Somebody who is here.
 */
export type Present = { by: string, name: PersonName, };

/**
 * The page shows these messages.
 */
export type Received = { room: string, ids: Array<string>, };

/**
 * A room is no longer on the list.
 */
export type Removed = { room: RoomName, };

/**
 * A room's name, cleaned and in lower case.
 */
export type RoomName = string;

export type Say = { id: string, room: string, text: string, };

/**
 * A message's text: not blank, without control characters but tabs and new lines.
 */
export type Text = string;

export type Typing = { room: string, typing: boolean, };

export type Typist = { room: RoomName, typing: boolean, by: string, name: PersonName, };

export interface ClientToServerEvents {
  enter: (payload: Enter, reply: (answer: Entered | Failure) => void) => void;
  join: (payload: Join, reply: (answer: Entrance | Failure) => void) => void;
  leave: (payload: Leave) => void;
  received: (payload: Received) => void;
  say: (payload: Say, reply: (answer: Accepted | Failure) => void) => void;
  typing: (payload: Typing) => void;
}

export interface ServerToClientEvents {
  delivered: (payload: Delivered) => void;
  joined: (payload: Newcomer) => void;
  left: (payload: Gone) => void;
  message: (payload: Message) => void;
  removed: (payload: Removed) => void;
  room: (payload: Listed) => void;
  typing: (payload: Typist) => void;
}
