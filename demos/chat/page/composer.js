// The text field: Enter sends, Shift+Enter starts a line, an input method keeps its Enter.

const TYPING_EVERY = 2_000; // milliseconds
const COUNT_FROM = 1_800; // characters
const MOST = 2_000;

export class Composer {
  #field = document.querySelector("#composer");
  #form = document.querySelector("#compose");
  #send = document.querySelector("#send");
  #left = document.querySelector("#left");
  #drafts = new Map(); // by room
  #room = "";
  #told = 0;
  #on;

  /** @param on what to call: say(text), typing(boolean) */
  constructor(on) {
    this.#on = on;
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      // While an input method composes, Enter picks a candidate. Safari ends the composition
      // before this event, and then only the code 229 tells.
      if (event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#field.addEventListener("input", () => {
      this.#fit();
      this.#tell(this.#field.value.trim() !== "");
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#field.value.trim();
      if (text === "") return;
      this.#field.value = "";
      this.#told = 0;
      this.#fit();
      this.#on.say(text);
      this.#field.focus();
    });
    // on a phone, a tap on the button must not close the keyboard
    this.#send.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** Goes to another room; what was half written stays with the old one. */
  turnTo(room) {
    if (room === this.#room) return;
    this.#tell(false);
    this.#drafts.set(this.#room, this.#field.value);
    this.#room = room;
    this.#field.value = this.#drafts.get(room) ?? "";
    this.#field.placeholder = `Message #${room}`;
    this.#fit();
  }

  focus() {
    // with a finger, the keyboard would cover the room before one has read it
    if (!matchMedia("(pointer: coarse)").matches) this.#field.focus();
  }

  #tell(typing) {
    if (!typing && this.#told === 0) return;
    const now = Date.now();
    if (typing && now - this.#told < TYPING_EVERY) return;
    this.#told = typing ? now : 0;
    this.#on.typing(typing);
  }

  #fit() {
    const used = this.#field.value.length;
    this.#send.disabled = this.#field.value.trim() === "";
    this.#left.value = used > COUNT_FROM ? `${MOST - used} left` : "";
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}
