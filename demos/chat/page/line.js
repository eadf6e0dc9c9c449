// The line to the server: enters, joins, and keeps what is written while it is down.

const ANSWER_WITHIN = 10_000; // milliseconds
const RETRY_AFTER = 2_000;

/** What the server refused, in words for people. */
export class Refusal extends Error {}

export class Line {
  /** The rooms to be in, again after every reconnection. */
  rooms = new Set();

  #socket = io("/chat", { autoConnect: false });
  #outbox = [];
  #sending = false;
  #ready = false;
  #name;
  #key;
  #on;

  /**
   * @param {{name: string, key: string}} who `key` is this tab's secret: whoever shows it again is the same person
   * @param on what to call: state, entered, turnedAway, entrance, failed, sent, refused, and one function for each
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
    for (const event of ["message", "delivered", "typing", "joined", "left", "room", "removed"]) {
      this.#socket.on(event, on[event]);
    }
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
      this.#on.entered(await this.#ask("enter", { name: this.#name, key: this.#key }));
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
    const entrance = await this.#ask("join", { room });
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
        const { at } = await this.#ask("say", { id: message.id, room: message.room, text: message.text });
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

  async #ask(event, value) {
    const answer = await this.#socket.timeout(ANSWER_WITHIN).emitWithAck(event, value);
    if (answer?.error) throw new Refusal(answer.error);
    return answer;
  }
}
