// The rooms and the people, one element each.

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A coloured circle with initials; the colour follows the person, not the name. */
export function avatar(by, name) {
  const element = make("span", "avatar", initials(name));
  let hue = 0;
  for (const letter of by) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  element.style.setProperty("--hue", hue);
  element.setAttribute("aria-hidden", "true");
  return element;
}

function initials(name) {
  const words = name.split(/[\s_.-]+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
}

export function roomItem({ name, count, unread }, { shown, joined }) {
  const button = make("button", joined ? "room joined" : "room");
  button.type = "button";
  button.dataset.room = name;
  const label = make("span", "room-name", name);
  label.dir = "auto";
  button.append(label);
  if (unread > 0) button.append(make("span", "unread", unread > 99 ? "99+" : unread));
  else if (count > 0) button.append(make("span", "count", count));
  const words = [name, unread > 0 && `${unread} unread`, `${count} ${count === 1 ? "person" : "people"}`];
  button.setAttribute("aria-label", words.filter(Boolean).join(", "));
  if (shown) button.setAttribute("aria-current", "true");
  const item = make("li");
  item.append(button);
  return item;
}

export function personItem(by, name, you) {
  const item = make("li", "person");
  const label = make("span", "person-name", name);
  label.dir = "auto";
  item.append(avatar(by, name), label);
  if (you) item.append(make("span", "you", "you"));
  return item;
}
