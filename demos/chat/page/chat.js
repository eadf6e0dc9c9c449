// The page: who is where, what is said, and what is shown of it.

import { Composer } from "./composer.js";
import { Line } from "./line.js";
import { personItem, roomItem } from "./lists.js";
import { Log } from "./log.js";

const LOBBY = "lobby";
const KEEP = 500; // messages a room, on this page
const TYPING_ENDS = 4_000; // milliseconds
const $ = (selector) => document.querySelector(selector);

const log = new Log();
const rooms = new Map(); // what is known of each room, by its name
const typists = new Map(); // those who type in the shown room: name and timer, by person
let line;
let me = { by: "", name: "" };
let shown = "";

// ---- rooms -----------------------------------------------------------------

function room(name) {
  if (!rooms.has(name)) rooms.set(name, { name, count: 0, people: new Map(), messages: [], known: new Map(), unread: 0 });
  return rooms.get(name);
}

function turnTo(name) {
  if (!line.rooms.has(name)) line.join(name);
  shown = name;
  room(name).unread = 0;
  clearTyping();
  log.show(room(name).messages);
  composer.turnTo(name);
  remember();
  drawRooms();
  drawPeople();
}

function drawRooms() {
  const names = [...rooms.keys()].sort((a, b) => (b === LOBBY) - (a === LOBBY) || a.localeCompare(b));
  const focused = document.activeElement?.dataset?.room;
  $("#rooms").replaceChildren(...names.map((name) => {
    const item = roomItem(room(name), { shown: name === shown, joined: line.rooms.has(name) });
    item.firstChild.addEventListener("click", () => {
      turnTo(name);
      drawer(false);
      composer.focus();
    });
    return item;
  }));
  if (focused) [...$("#rooms").querySelectorAll("button")].find((each) => each.dataset.room === focused)?.focus();
  const unread = [...rooms.values()].reduce((sum, each) => sum + each.unread, 0);
  document.title = `${unread > 0 ? `(${unread}) ` : ""}${shown || "Welcome"} · Sockeye chat`;
  $("#menu-unread").hidden = unread === 0;
}

function drawPeople() {
  const { people } = room(shown);
  const sorted = [...people].sort(([a, x], [b, y]) => (b === me.by) - (a === me.by) || x.localeCompare(y));
  $("#people").replaceChildren(...sorted.map(([by, name]) => personItem(by, name, by === me.by)));
  $("#people-count").textContent = people.size;
  $("#room-title").textContent = shown;
  $("#room-detail").textContent = people.size === 1 ? "Only you are here" : `${people.size} people are here`;
  $("#leave-room").hidden = shown === LOBBY;
}

// ---- messages --------------------------------------------------------------

// A message stands where the server's clock put it; one that still waits stands last.
function place(message) {
  const { messages, known } = room(message.room);
  const old = messages.indexOf(message);
  if (old >= 0) messages.splice(old, 1);
  let index = messages.length;
  while (index > 0 && messages[index - 1].at > message.at) index -= 1;
  messages.splice(index, 0, message);
  known.set(message.id, message);
  if (message.room === shown) log.place(message, index, messages);
  if (messages.length > KEEP) {
    const first = messages.shift();
    known.delete(first.id);
    if (first.room === shown) log.remove(first);
  }
}

// What the server tells, live or as history; a message that is known already is only brought up to date.
function take(told) {
  const known = room(told.room).known.get(told.id);
  if (known) {
    known.at = known.written = told.at;
    if (known.mine && known.state !== "delivered") known.state = told.delivered ? "delivered" : "sent";
    place(known);
    return false;
  }
  const mine = told.by === me.by;
  place({ ...told, mine, written: told.at, state: told.delivered ? "delivered" : "sent" });
  return !mine;
}

function say(text) {
  // randomUUID is refused on plain http from another machine; this is not
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const message = { id, room: shown, by: me.by, name: me.name, text, at: Infinity, written: Date.now(), mine: true, state: "waiting" };
  place(message);
  line.say(message);
  banner();
}

function clearTyping(by) {
  for (const [each, { timer }] of typists) {
    if (by === undefined || by === each) {
      clearTimeout(timer);
      typists.delete(each);
    }
  }
  drawTyping();
}

function drawTyping() {
  const names = [...typists.values()].map(({ name }) => name);
  const words = names.length === 0 ? "" : names.length === 1 ? `${names[0]} is typing…`
    : names.length === 2 ? `${names[0]} and ${names[1]} are typing…` : `${names.length} people are typing…`;
  $("#typing").textContent = words;
}

// ---- the line's news -------------------------------------------------------

const news = {
  state(state) {
    const status = $("#status");
    if (status.dataset.state === state && state !== "online") return;
    status.dataset.was = status.dataset.state;
    status.dataset.state = state;
    if (state !== "online") clearTyping();
    banner();
  },
  entered({ by, name, rooms: listed }) {
    me = { by, name };
    // a server that started anew knows fewer rooms
    const there = new Set(listed.map((each) => each.room));
    for (const name of rooms.keys()) if (!there.has(name) && !line.rooms.has(name)) rooms.delete(name);
    for (const each of listed) room(each.room).count = each.people;
    $("#welcome").hidden = true;
    $("#chat").hidden = false;
    if (shown === "") {
      turnTo(saved.shown ?? LOBBY);
      composer.focus();
    }
    drawRooms();
  },
  turnedAway: (why) => welcome(why),
  entrance({ room: name, people, messages }, asked) {
    if (name !== asked) {
      rooms.delete(asked);
      if (shown === asked) turnTo(name);
    }
    const each = room(name);
    each.people = new Map(people.map((person) => [person.by, person.name]));
    each.count = each.people.size;
    const fresh = messages.filter((message) => take(message) && !message.delivered);
    line.received(name, fresh.map((message) => message.id));
    if (name === shown) {
      log.show(each.messages);
      drawPeople();
    }
    drawRooms();
    remember();
  },
  failed(why, name) {
    line.rooms.delete(name);
    if (room(name).messages.length === 0) rooms.delete(name);
    if (name === shown) turnTo(LOBBY);
    drawRooms();
    notice(`${name}: ${why}`);
  },
  message(message) {
    const fresh = take(message);
    if (!fresh) return;
    line.received(message.room, [message.id]);
    if (message.room === shown) clearTyping(message.by);
    if (message.room !== shown || document.hidden) room(message.room).unread += 1;
    drawRooms();
  },
  sent(message, at) {
    message.at = message.written = at;
    if (message.state === "waiting") message.state = "sent";
    place(message);
    banner();
  },
  refused(message, why) {
    Object.assign(message, { state: "refused", why, at: message.written });
    place(message);
    banner();
  },
  delivered({ room: name, id }) {
    const message = room(name).known.get(id);
    if (!message) return;
    message.state = "delivered";
    place(message);
  },
  typing({ room: name, by, name: who, typing }) {
    if (name !== shown || by === me.by) return;
    clearTyping(by);
    if (typing) typists.set(by, { name: who, timer: setTimeout(() => clearTyping(by), TYPING_ENDS) });
    drawTyping();
  },
  joined({ room: name, by, name: who }) {
    room(name).people.set(by, who);
    if (name === shown) drawPeople();
  },
  left({ room: name, by }) {
    room(name).people.delete(by);
    if (name !== shown) return;
    clearTyping(by);
    drawPeople();
  },
  room({ room: name, people }) {
    room(name).count = people;
    drawRooms();
  },
  removed({ room: name }) {
    if (line.rooms.has(name)) return;
    rooms.delete(name);
    drawRooms();
  },
};

// ---- what the page says ----------------------------------------------------

function banner() {
  const { state, was } = $("#status").dataset;
  const waiting = line?.waiting ?? 0;
  const queue = waiting === 0 ? "What you write is kept and sent later."
    : `${waiting} ${waiting === 1 ? "message waits" : "messages wait"}.`;
  $("#status").textContent = state === "offline" ? `No connection, trying again. ${queue}`
    : state === "connecting" ? `Connecting… ${waiting === 0 ? "" : queue}`.trim()
      : was === "online" ? "" : "Connected";
}

function notice(words) {
  $("#notice span").textContent = words;
  $("#notice").hidden = words === "";
}

function welcome(error = "") {
  line = undefined;
  sessionStorage.removeItem("chat");
  $("#chat").hidden = true;
  $("#welcome").hidden = false;
  $("#welcome-error").textContent = error;
  $("#join").disabled = false;
  $("#name").focus();
}

const narrow = matchMedia("(max-width: 759px)");

function drawer(open) {
  $("#side").classList.toggle("open", open);
  $("#side").inert = narrow.matches && !open;
  $("#scrim").hidden = !open;
  $("#menu").setAttribute("aria-expanded", open);
  if (open) $("#rooms button[aria-current]")?.focus();
}

function roomForm(open) {
  $("#room-form").hidden = !open;
  $("#new-room").setAttribute("aria-expanded", open);
  $("#room-name").value = "";
  if (open) $("#room-name").focus();
}

// ---- wiring ----------------------------------------------------------------

const composer = new Composer({ say, typing: (typing) => line?.typing(shown, typing) });

// A reload comes back as the same person, in the same rooms.
const saved = JSON.parse(sessionStorage.getItem("chat") ?? "{}");

function remember() {
  sessionStorage.setItem("chat", JSON.stringify({ name: saved.name, key: saved.key, shown, rooms: [...line.rooms] }));
}

function enter(name) {
  saved.name = name;
  saved.key ??= btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
  $("#join").disabled = true;
  line = new Line(saved, news);
  for (const each of new Set([LOBBY, ...(saved.rooms ?? [])])) line.rooms.add(each);
}

$("#join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("#name").value.trim();
  $("#welcome-error").textContent = name === "" ? "Please write a name first." : "";
  if (name !== "") enter(name);
  else $("#name").focus();
});

$("#new-room").addEventListener("click", () => roomForm($("#room-form").hidden));
$("#room-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("#room-name").value.trim().replace(/\s+/gu, " ").toLowerCase();
  if (name === "") return;
  roomForm(false);
  drawer(false);
  turnTo(name);
  composer.focus();
});

$("#leave-room").addEventListener("click", () => {
  line.leave(shown);
  room(shown).people.delete(me.by);
  turnTo(LOBBY);
  composer.focus();
});

$("#menu").addEventListener("click", () => drawer(!$("#side").classList.contains("open")));
$("#scrim").addEventListener("click", () => drawer(false));
$("#notice button").addEventListener("click", () => notice(""));
narrow.addEventListener("change", () => drawer(false));
drawer(false);

// Esc closes what is open, the topmost first, and goes back to writing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || $("#chat").hidden) return;
  if (!$("#room-form").hidden) roomForm(false);
  else if ($("#side").classList.contains("open")) drawer(false);
  else if (!$("#notice").hidden) notice("");
  else log.toEnd();
  $("#composer").focus();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || shown === "") return;
  room(shown).unread = 0;
  drawRooms();
});

if (typeof io === "undefined") {
  $("#welcome-error").textContent = "The Socket.IO client did not load. Is the server running?";
  $("#join").disabled = true;
} else if (saved.name) {
  enter(saved.name);
}
