import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { Encoder } = await compiled("protocol/encoder.ts");
const { Decoder } = await compiled("protocol/decoder.ts");
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = [0, 1, 2, 3, 4];
const bytes = (...values) => Uint8Array.from(values).buffer;

function decode(parts) {
  const decoder = new Decoder();
  const packets = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  for (const part of parts) decoder.add(part);
  return packets;
}

for (const [packet, ...encoded] of [
  [{ type: CONNECT, nsp: "/" }, "0"],
  [{ type: CONNECT, nsp: "/admin", data: { token: "x" } }, '0/admin,{"token":"x"}'],
  [{ type: DISCONNECT, nsp: "/admin" }, "1/admin,"],
  [{ type: EVENT, nsp: "/", data: ["a", 1, {}] }, '2["a",1,{}]'],
  [{ type: EVENT, nsp: "/", data: [7] }, "2[7]"],
  [{ type: EVENT, nsp: "/", id: 0, data: ["a"] }, '20["a"]'],
  [{ type: EVENT, nsp: "/ä,".slice(0, 2), id: 12, data: ["a\n"] }, '2/ä,12["a\\n"]'],
  [{ type: ACK, nsp: "/", id: 456, data: [] }, "3456[]"],
  [{ type: CONNECT_ERROR, nsp: "/", data: { message: "no" } }, '4{"message":"no"}'],
  [{ type: CONNECT_ERROR, nsp: "/", data: "no" }, '4"no"'],
  [
    { type: EVENT, nsp: "/", data: ["a", bytes(1), { b: [bytes(2)] }] },
    '52-["a",{"_placeholder":true,"num":0},{"b":[{"_placeholder":true,"num":1}]}]',
    bytes(1),
    bytes(2),
  ],
  [{ type: ACK, nsp: "/x", id: 3, data: [bytes()] }, '61-/x,3[{"_placeholder":true,"num":0}]', bytes()],
]) {
  test(`packet ${encoded[0]}`, () => {
    assert.deepEqual(new Encoder().encode(packet), encoded);
    assert.deepEqual(decode(encoded), [packet]);
  });
}

test("attachments behind toJSON, in views and in Blobs", () => {
  const [blob, view] = [new Blob(["x"]), new DataView(bytes(1, 2))];
  const holder = { toJSON: () => ({ blob }) };
  const [text, ...attachments] = new Encoder().encode({
    type: EVENT,
    nsp: "/",
    data: ["a", holder, view, Buffer.from([7]), new Date(0), undefined, { skipped: undefined }],
  });
  const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;
  assert.equal(
    text,
    `53-["a",{"blob":${placeholder(0)}},${placeholder(1)},${placeholder(2)},"1970-01-01T00:00:00.000Z",null,{}]`,
  );
  assert.deepEqual(attachments, [blob, view, Buffer.from([7])]);
});

test("the encoder leaves what it is given as it was", () => {
  const data = ["a", { b: bytes(1) }];
  new Encoder().encode({ type: EVENT, nsp: "/", data });
  assert.deepEqual(data, ["a", { b: bytes(1) }]);
});

test("namespace without a comma, event without arguments, zeros and blanks", () => {
  assert.deepEqual(decode(["0/custom", "0/", "2", '2007 ["a"]']), [
    { type: CONNECT, nsp: "/custom" },
    { type: CONNECT, nsp: "/" },
    { type: EVENT, nsp: "/" },
    { type: EVENT, nsp: "/", id: 7, data: ["a"] },
  ]);
});

test("a placeholder is one only in a packet with attachments, and may be used twice", () => {
  const placeholder = { _placeholder: true, num: 0 };
  assert.deepEqual(decode([`2["a",${JSON.stringify(placeholder)}]`])[0].data, ["a", placeholder]);
  const twice = JSON.stringify(["a", placeholder, placeholder]);
  assert.deepEqual(decode(["51-" + twice, bytes(1)])[0].data, ["a", bytes(1), bytes(1)]);
});

test("keys of Object.prototype in data with attachments", () => {
  const [{ data }] = decode(['51-["a",{"__proto__":{"_placeholder":true,"num":0}}]', bytes(1)]);
  assert.equal(Object.getPrototypeOf(data[1]), Object.prototype);
  assert.deepEqual(Object.getOwnPropertyDescriptor(data[1], "__proto__").value, bytes(1));
});

for (const [message, ...parts] of [
  ["unknown packet type 7", "7"],
  ["unknown packet type a", "a"],
  ["unknown packet type undefined", ""],
  ["Unknown type: undefined", undefined],
  ["invalid payload", '2{"a":1}'],
  ["invalid payload", "2[]"],
  ["invalid payload", "2[null]"],
  ["invalid payload", '2["connect"]'],
  ["invalid payload", '2["disconnecting"]'],
  ["invalid payload", '2["a"'],
  ["invalid payload", "2/nsp,x"],
  ["invalid payload", "0[]"],
  ["invalid payload", '0"s"'],
  ["invalid payload", "0null"],
  ["invalid payload", "1{}"],
  ["invalid payload", "31{}"],
  ["invalid payload", "4[]"],
  ["Illegal attachments", '5["a"]'],
  ["Illegal attachments", '5-["a"]'],
  ["Illegal attachments", '50-["a"]'],
  ["Illegal attachments", '21-["a"]'],
  ["too many attachments", '511-["a"]'],
  ["illegal attachments", '51-["a",{"_placeholder":true,"num":1}]', bytes()],
  ["illegal attachments", '51-["a",{"_placeholder":true,"num":-1}]', bytes()],
  ["illegal attachments", '51-["a",{"_placeholder":true,"num":0.5}]', bytes()],
  ["illegal attachments", '51-["a",{"_placeholder":true,"num":"0"}]', bytes()],
  ["illegal attachments", '51-["a",{"_placeholder":true,"num":"length"}]', bytes()],
  ["got plaintext data when reconstructing a packet", '51-["a"]', '2["b"]'],
  ["got binary data when not reconstructing a packet", bytes()],
]) {
  test(`${message}: ${parts[0]}`, () => assert.throws(() => decode(parts), { message }));
}

test("ten attachments are accepted, eleven are not", () => {
  const event = (count) => [`5${count}-["a"]`, ...Array.from({ length: count }, () => bytes())];
  assert.equal(decode(event(10)).length, 1);
});

test("after destroy an incomplete packet is forgotten", () => {
  const decoder = new Decoder();
  const packets = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  decoder.add('52-["a"]');
  decoder.add(bytes(1));
  decoder.destroy();
  decoder.add('2["b"]');
  assert.deepEqual(packets, [{ type: EVENT, nsp: "/", data: ["b"] }]);
});
