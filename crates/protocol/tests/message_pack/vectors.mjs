// Writes vectors.json: what the npm package `socket.io-msgpack-parser` 3.0.2 writes and accepts.
// Run it in a folder where that package is installed:
//   npm install --no-save socket.io-msgpack-parser@3.0.2
//   node path/to/vectors.mjs > path/to/vectors.json
import { createRequire } from "node:module";

const { Encoder, Decoder } = createRequire(`${process.cwd()}/`)("socket.io-msgpack-parser");
const encode = (packet) => new Encoder().encode(packet)[0].toString("hex");

// The same numbers in every run.
let seed = 0x2545f491;
function random(below) {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

const texts = ["", "a", "é", "寿限無", "🐟", "\u0000", '"\\', "x".repeat(31), "y".repeat(32), "z".repeat(255), "w".repeat(256)];
function text() {
  return texts[random(texts.length)];
}

function number() {
  const size = 2 ** random(54);
  const whole = Math.floor((random(1_000_000) / 1_000_000) * size);
  return [whole, -whole, whole + 0.5, -whole / 7, size - 1, -size][random(6)] || 0;
}

function value(depth) {
  switch (random(depth > 4 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random(2) === 1;
    case 2:
    case 3:
      return number();
    case 4:
      return text();
    case 5:
      return Array.from({ length: random(20) % 17 }, () => value(depth + 2));
    default: {
      const members = {};
      for (let left = random(20) % 18; left > 0; left -= 1) {
        members[`${text().slice(0, 20)}${left}`] = value(depth + 2);
      }
      return members;
    }
  }
}

// Numbers at the borders of each width, then anything.
const borders = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 0.1, 2.5e-5, -1e-7];
const values = [...borders, ...borders.map((n) => -n || 0), ...Array.from({ length: 60 }, () => value(0))];

const server = {
  connect: { type: 0, data: { sid: "J9n2NLQ9cS28WI0mAAAA" }, nsp: "/chat" },
  disconnect: { type: 1, nsp: "/" },
  event: { type: 2, data: ["say", "hi", 1], nsp: "/" },
  empty: { type: 2, data: ["ready"], nsp: "/" },
  asking: { type: 2, data: ["ask", { n: 1.5 }], id: 300, nsp: "/chat" },
  binary: { type: 2, data: ["file", { name: "a", data: Buffer.from("abc") }], nsp: "/" },
  ack: { id: 7, type: 3, data: ["ok", Buffer.alloc(300, 7)], nsp: "/" },
  none: { id: 0, type: 3, data: [], nsp: "/" },
  refusal: { type: 4, nsp: "/no", data: { message: "Invalid namespace" } },
  reasoned: { type: 4, nsp: "/", data: { message: "no", data: { code: 401 } } },
};

// What only JavaScript has, as clients send it: from Node, where a Buffer is binary data.
const client = {
  event: { type: 2, data: ["e", { n: 1 }], options: { compress: true }, id: 0, nsp: "/" },
  undefined: { type: 2, data: ["e", { a: undefined, b: 1 }, undefined], options: {}, nsp: "/" },
  date: { type: 2, data: ["e", new Date(951_782_400_123), new Date(-1)], nsp: "/" },
  arraybuffer: { type: 2, data: ["e", new Uint8Array([1, 2, 3]).buffer], nsp: "/" },
  longarraybuffer: { type: 2, data: ["e", new Uint8Array(300).fill(9).buffer], nsp: "/" },
  view: { type: 2, data: ["e", { v: new Uint8Array([4, 5]) }], nsp: "/" },
  buffer: { type: 2, data: ["e", [Buffer.from("hi")]], nsp: "/" },
  connect: { type: 0, data: { token: "x", bytes: Buffer.from([1, 2]), at: new Date(0) }, nsp: "/n" },
  anonymous: { type: 0, data: undefined, nsp: "/" },
  ack: { type: 3, id: 3, data: [{}, Buffer.from("b")], nsp: "/" },
};

const wide = (head, count) => [head, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255];
const word = (letters) => [0xa0 | letters.length, ...Buffer.from(letters)];
const packet = (...members) => [0x80 | members.length, ...members.flat(2)];
const type = (...bytes) => [word("type"), bytes];
const nsp = (...bytes) => [word("nsp"), bytes];
const data = (...bytes) => [word("data"), bytes];
const id = (...bytes) => [word("id"), bytes];
const root = nsp(...word("/"));
const list = data(0x91, ...word("e"));

const verdicts = {
  "an event": packet(type(2), root, list),
  "any order": packet(list, root, type(2)),
  "the last of equal names counts": packet(type(9), type(2), root, list),
  "other members": packet(type(2), root, list, [word("x"), [0xc0]]),
  "a type as a float": packet(type(0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0), root, list),
  "an id as a float": packet(type(2), root, list, id(0xca, 0x40, 0x40, 0, 0)),
  "no namespace": packet(type(2), list),
  "a namespace that is a number": packet(type(2), nsp(1), list),
  "a namespace without slash": packet(type(2), nsp(...word("x")), list),
  "no type": packet(root, list),
  "type 5": packet(type(5), root, list),
  "type -1": packet(type(0xff), root, list),
  "type 1.5": packet(type(0xca, 0x3f, 0xc0, 0, 0), root, list),
  "a type as text": packet(type(...word("2")), root, list),
  "no data in an event": packet(type(2), root),
  "null in an event": packet(type(2), root, data(0xc0)),
  "a map in an event": packet(type(2), root, data(0x80)),
  "an event without a name": packet(type(2), root, data(0x90)),
  "a name that is null": packet(type(2), root, data(0x91, 0xc0)),
  "a name that is a map": packet(type(2), root, data(0x91, 0x80)),
  "a name that is a number": packet(type(2), root, data(0x91, 0x05)),
  "a reserved name": packet(type(2), root, data(0x91, ...word("disconnect"))),
  "an ack of nothing": packet(type(3), root, id(1), data(0x90)),
  "an ack without id": packet(type(3), root, data(0x90)),
  "an ack without data": packet(type(3), root, id(1)),
  "an id that is null": packet(type(2), root, list, id(0xc0)),
  "an id that is undefined": packet(type(2), root, list, id(0xd4, 0, 0)),
  "an id below zero": packet(type(2), root, list, id(0xff)),
  "an id of 1.5": packet(type(2), root, list, id(0xca, 0x3f, 0xc0, 0, 0)),
  "an id above 2^53": packet(type(2), root, list, id(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1)),
  "an id as text": packet(type(2), root, list, id(...word("1"))),
  "connect with a text": packet(type(0), root, data(...word("x"))),
  "connect with a list": packet(type(0), root, data(0x90)),
  "connect with null": packet(type(0), root, data(0xc0)),
  "connect with a map": packet(type(0), root, data(0x80)),
  "disconnect with null": packet(type(1), root, data(0xc0)),
  "disconnect with undefined": packet(type(1), root, data(0xd4, 0, 0)),
  "a refusal from a client": packet(type(4), root, data(0x81, ...word("message"), ...word("x"))),
  "no map": [0x93, 0x02, 0xa1, 0x2f, 0x90],
  "a number": [0x05],
  nothing: [],
  "trailing bytes": [...packet(type(2), root, list), 0x00],
  "the byte that begins nothing": packet(type(2), root, data(0x92, ...word("e"), 0xc1)),
  "a list that is not there": packet(type(2), root, data(...wide(0xdd, 9))),
  "a text that is not there": packet(type(2), root, data(0x92, ...word("e"), ...wide(0xdb, 0xffff))),
  "bytes that are not there": packet(type(2), root, data(0x92, ...word("e"), ...wide(0xc6, 0xffff))),
  "a float cut short": packet(type(2), root, data(0x92, ...word("e"), 0xcb, 0x40)),
  "text that is no UTF-8": packet(type(2), root, data(0x92, ...word("e"), 0xa1, 0xff)),
  "a key that is a number": packet(type(2), root, data(0x92, ...word("e"), 0x81, 0x01, 0x02)),
  "a key that is null": packet(type(2), root, data(0x92, ...word("e"), 0x81, 0xc0, 0x02)),
  "a key that is a list": packet(type(2), root, data(0x92, ...word("e"), 0x81, 0x90, 0x02)),
  "another extension": packet(type(2), root, data(0x92, ...word("e"), 0xd6, 0xff, 1, 2, 3, 4)),
};

function verdict(bytes) {
  try {
    new Decoder().add(Buffer.from(bytes));
    return "accepted";
  } catch (error) {
    return error.message;
  }
}

const rows = (record, row) => Object.entries(record).map(([name, entry]) => [name, ...row(entry)]);
const vectors = {
  values: values.map((each) => [JSON.stringify(each), encode({ type: 2, data: ["e", each], nsp: "/" })]),
  server: rows(server, (each) => [encode(each)]),
  client: rows(client, (each) => [encode(each)]),
  verdicts: rows(verdicts, (bytes) => [Buffer.from(bytes).toString("hex"), verdict(bytes)]),
};
const lines = (list) => list.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
const sections = Object.entries(vectors).map(([name, list]) => `  ${JSON.stringify(name)}: [\n${lines(list)}\n  ]`);
process.stdout.write(`{\n${sections.join(",\n")}\n}\n`);
