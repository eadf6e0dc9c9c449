// The line to the server: enters, joins, and keeps what is written while it is down.
// events.d.ts, which is made of the server's types, says what comes and goes; TypeScript checks this file by it.

/** @typedef {import("./events").ClientToServerEvents} ClientToServerEvents */
/** @typedef {import("./events").ServerToClientEvents} ServerToClientEvents */
/** @typedef {import("./events").Failure} Failure */

/** @type {(keyof ServerToClientEvents)[]} */
const EVENTS = ["message", "delivered", "typing", "joined", "left", "room", "removed"];

const ANSWER_WITHIN = 10_000; // milliseconds
const RETRY_AFTER = 2_000;

/** What the server refused, in words for people. */
export class Refusal extends Error {}

export class Line {
  /**
   * The rooms to be in, again after every reconnection.
   * @type {Set<string>}
   */
  rooms = new Set();

  /** @type {import("sockeye-client").Socket<ServerToClientEvents, ClientToServerEvents>} */
  #socket = io("/chat", { autoConnect: false });
  /** @type {{id: string, room: string, text: string}[]} */
  #outbox = [];
  #sending = false;
  #ready = false;
  #name;
  #key;
  #on;

  /**
   * @param {{name: string, key: string}} who `key` is this tab's secret: whoever shows it again is the same person
   * @param {any} on what to call: state, entered, turnedAway, entrance, failed, sent, refused, and one function for each
   *   event of the server
   */
  constructor({ name, key }, on) {
    this.#name = name;
    this.#key = key;
    this.#on = on;
    this.#socket.on("connect", () => this.#enter());
    this.#socket.on("disconnect", (reason) => {
      this.#ready = false;
      on.state("connecting");
      // the one reason after which the client does not try again by itself
      if (reason === "io server disconnect") this.#socket.connect();
    });
    this.#socket.on("connect_error", () => {
      on.state("offline");
      if (!this.#socket.active) setTimeout(() => this.#socket.connect(), RETRY_AFTER);
    });
    for (const event of EVENTS) this.#socket.on(event, on[event]);
    on.state("connecting");
    this.#socket.connect();
  }

  get waiting() {
    return this.#outbox.length;
  }

  close() {
    this.#socket.disconnect();
  }

  async join(room) {
    this.rooms.add(room);
    if (!this.#ready) return; // joined on entering
    try {
      await this.#join(room);
    } catch (error) {
      if (error instanceof Refusal) this.#on.failed(error.message, room);
    }
  }

  leave(room) {
    this.rooms.delete(room);
    if (this.#ready) this.#socket.emit("leave", { room });
  }

  /** Sends now, or when the line is back: exactly once, since the server knows the message by its id. */
  say(message) {
    this.#outbox.push(message);
    this.#flush();
  }

  typing(room, typing) {
    if (this.#ready) this.#socket.volatile.emit("typing", { room, typing });
  }

  received(room, ids) {
    if (this.#ready && ids.length > 0) this.#socket.emit("received", { room, ids });
  }

  async #enter() {
    try {
      this.#on.entered(await answered(this.#asking.emitWithAck("enter", { name: this.#name, key: this.#key })));
      this.#ready = true;
      for (const room of [...this.rooms]) {
        try {
          await this.#join(room);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          this.#on.failed(error.message, room);
        }
      }
      this.#on.state("online");
      this.#flush();
    } catch (error) {
      this.#ready = false;
      if (error instanceof Refusal) {
        this.close();
        this.#on.turnedAway(error.message);
      } else if (this.#socket.connected) {
        setTimeout(() => this.#socket.connected && this.#enter(), RETRY_AFTER);
      }
    }
  }

  async #join(room) {
    const entrance = await answered(this.#asking.emitWithAck("join", { room }));
    // the server cleans names; its spelling counts
    if (this.rooms.delete(room)) this.rooms.add(entrance.room);
    this.#on.entrance(entrance, room);
  }

  // One message at a time, so that they arrive in the order in which they were written.
  async #flush() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#ready && this.#outbox.length > 0) {
      const message = this.#outbox[0];
      try {
        const { id, room, text } = message;
        const { at } = await answered(this.#asking.emitWithAck("say", { id, room, text }));
        this.#outbox.shift();
        this.#on.sent(message, at);
      } catch (error) {
        if (error instanceof Refusal) {
          this.#outbox.shift();
          this.#on.refused(message, error.message);
        } else {
          // no answer: it may have arrived or not, so it stays first and goes again under the same id
          if (this.#ready) setTimeout(() => this.#flush(), RETRY_AFTER);
          break;
        }
      }
    }
    this.#sending = false;
  }

  get #asking() {
    return this.#socket.timeout(ANSWER_WITHIN);
  }
}

/**
 * @template T
 * @param {Promise<T | Failure>} asked
 * @returns {Promise<T>}
 */
function answered(asked) {
  return asked.then((answer) => {
    if (isFailure(answer)) throw new Refusal(answer.error);
    return answer;
  });
}

/**
 * @param {any} answer
 * @returns {answer is Failure}
 */
function isFailure(answer) {
  return answer.error !== undefined;
}
