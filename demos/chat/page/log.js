// The messages of the room that is shown.

import { avatar, make } from "./lists.js";

const TOGETHER = 5 * 60_000; // messages of one person within this time stand under one name, in milliseconds
const NEAR_END = 80; // pixels
const MARKS = { waiting: "Waiting to be sent", sent: "Sent", delivered: "Delivered", refused: "Not sent" };
const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export class Log {
  #root = document.querySelector("#messages");
  #newest = document.querySelector("#newest");
  #elements = new Map(); // by message id

  constructor() {
    this.#newest.addEventListener("click", () => this.toEnd());
    this.#root.addEventListener("scroll", () => {
      if (this.#atEnd()) this.#newest.hidden = true;
    });
    // a keyboard that slides in, or a composer that grows, must not cover the newest message
    let height = this.#root.clientHeight;
    new ResizeObserver(() => {
      const lost = height - this.#root.clientHeight;
      if (this.#atEnd(lost)) this.toEnd();
      height = this.#root.clientHeight;
    }).observe(this.#root);
  }

  /** Shows a room's messages in place of what was shown. */
  show(messages) {
    this.#root.setAttribute("aria-busy", "true"); // the history is not read aloud
    this.#elements.clear();
    this.#root.replaceChildren();
    messages.forEach((message, index) => this.#put(message, index, messages));
    this.toEnd();
    requestAnimationFrame(() => this.#root.removeAttribute("aria-busy"));
  }

  /** Shows one message, new or changed, at its place among the room's. */
  place(message, index, messages) {
    const stay = this.#atEnd() || (message.mine && message.state === "waiting");
    this.#put(message, index, messages);
    if (index + 1 < messages.length) this.#head(messages[index + 1], message);
    if (stay) this.toEnd();
    else if (!message.mine) this.#newest.hidden = false;
  }

  remove(message) {
    this.#elements.get(message.id)?.remove();
    this.#elements.delete(message.id);
  }

  toEnd() {
    this.#root.scrollTop = this.#root.scrollHeight;
    this.#newest.hidden = true;
  }

  #atEnd(slack = 0) {
    return this.#root.scrollHeight - this.#root.scrollTop - this.#root.clientHeight < NEAR_END + slack;
  }

  #put(message, index, messages) {
    let element = this.#elements.get(message.id);
    if (!element) {
      element = this.#build(message);
      this.#elements.set(message.id, element);
    }
    if (this.#root.children[index] !== element) {
      element.remove();
      this.#root.insertBefore(element, this.#root.children[index] ?? null);
    }
    this.#head(message, messages[index - 1]);
    this.#mark(message, element);
  }

  #build(message) {
    const element = make("article", message.mine ? "message mine" : "message");
    const head = make("div", "head");
    const author = make("span", "author", message.name);
    author.dir = "auto";
    head.append(author, make("time", "time"));
    const text = make("p", "text", message.text);
    text.dir = "auto";
    const body = make("div", "body");
    body.append(head, text);
    element.append(avatar(message.by, message.name), body);
    if (message.mine) {
      const mark = make("span", "mark");
      mark.setAttribute("role", "img");
      element.append(mark);
    }
    return element;
  }

  // The name is shown once over a run of messages, the day once over its first.
  #head(message, before) {
    const element = this.#elements.get(message.id);
    const date = new Date(message.written);
    const stamp = element.querySelector("time");
    stamp.textContent = time.format(date);
    stamp.dateTime = date.toISOString();
    const follows = before && before.by === message.by && before.name === message.name
      && message.written - before.written < TOGETHER;
    element.classList.toggle("follows", Boolean(follows));
    const today = day.format(date);
    const turns = before ? day.format(new Date(before.written)) !== today : day.format(new Date()) !== today;
    if (turns) element.dataset.day = today;
    else delete element.dataset.day;
  }

  #mark(message, element) {
    const mark = element.querySelector(".mark");
    if (!mark || mark.dataset.state === message.state) return;
    mark.dataset.state = message.state;
    const words = message.why ? `${MARKS[message.state]}: ${message.why}` : MARKS[message.state];
    mark.title = words;
    mark.setAttribute("aria-label", words);
    mark.replaceChildren(icon(`mark-${message.state}`));
    if (message.why) element.querySelector(".body").append(make("p", "why", words));
  }
}
