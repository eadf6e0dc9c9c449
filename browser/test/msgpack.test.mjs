// The MessagePack parser, byte for byte beside `socket.io-msgpack-parser`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import official from "socket.io-msgpack-parser";
import { compiled } from "./compiled.mjs";

const { parser } = await compiled("msgpack/index.ts");
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = [0, 1, 2, 3, 4];

function decode(Decoder, data) {
  const packets = [];
  const decoder = new Decoder();
  decoder.on("decoded", (packet) => packets.push(packet));
  decoder.add(data);
  assert.equal(packets.length, 1);
  return packets[0];
}

const bytes = (packet) => Buffer.from(new parser.Encoder().encode(packet)[0]);
const event = (...data) => ({ type: EVENT, nsp: "/", data: ["e", ...data] });
const numbers = [0, 1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER];

for (const [what, packet] of [
  ["CONNECT", { type: CONNECT, nsp: "/admin", data: { token: "x" } }],
  ["CONNECT without data", { type: CONNECT, nsp: "/" }],
  ["DISCONNECT", { type: DISCONNECT, nsp: "/a" }],
  ["an acknowledgement", { type: ACK, nsp: "/", data: [], id: 456 }],
  ["CONNECT_ERROR", { type: CONNECT_ERROR, nsp: "/", data: { message: "no" } }],
  ["numbers", event(...numbers, ...numbers.slice(1).map((value) => -value), -32, -33, 1.5, -1.5e10 - 0.5, Infinity)],
  ["texts", event("", "a", "ä€😀\u0000", ...[31, 32, 255, 256, 65535, 65536].map((length) => "x".repeat(length)))],
  ["lists", event(...[0, 15, 16, 65535, 65536].map((length) => Array(length).fill(1)))],
  ["maps", event(...[0, 15, 16, 70000].map((length) => Object.fromEntries(Array.from({ length }, (_, i) => ["k" + i, i]))))],
  ["values", event(true, false, null, undefined, new Date(1e12), new Date(-1), { a: { b: [{}] } })],
  ["binary", event(...[0, 1, 255, 256, 70000].map((length) => Buffer.alloc(length, 7)))],
]) {
  test(`${what}: each reads what the other writes`, () => {
    const ours = bytes(packet);
    const theirs = Buffer.from(new official.Encoder().encode(packet)[0]);
    const plain = decode(official.Decoder, ours);
    assert.deepEqual(normal(decode(parser.Decoder, theirs)), normal(decode(parser.Decoder, ours)));
    assert.deepEqual(normal(decode(parser.Decoder, ours)), normal(plain));
    assert.deepEqual(normal(decode(parser.Decoder, ours)), normal(packet));
    if (what !== "DISCONNECT" && packet.data) assert.deepEqual(ours.length, theirs.length);
  });
}

// Buffers of Node.js and ArrayBuffers of browsers.
function normal(value) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return { bytes: createHash("sha1").update(Buffer.from(value)).digest("hex"), length: value.byteLength };
  }
  if (value instanceof Date || !value || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(normal);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => item !== undefined || !["data", "id"].includes(key))
      .map(([key, item]) => [key, normal(item)]),
  );
}

test("numbers that have no exact integer", () => {
  const [, ...values] = decode(parser.Decoder, bytes(event(1e300, -1e300, 2 ** 53, NaN))).data;
  assert.deepEqual(values, [1e300, -1e300, 2 ** 53, NaN]);
});

test("views, toJSON, functions", () => {
  const view = new Uint16Array([1, 2]).subarray(1);
  const packet = event(view, { toJSON: () => "as json", skipped: 1 }, { f() {}, a: 1 });
  const [, first, second, third] = decode(parser.Decoder, bytes(packet)).data;
  assert.deepEqual([[...new Uint8Array(first)], second, third], [[2, 0], "as json", { a: 1 }]);
});

for (const [what, data, reason] of [
  ["nothing", [], RangeError],
  ["a list that announces more than there is", [0xdd, 255, 255, 255, 255], RangeError],
  ["a text that announces more", [0xdb, 255, 255, 255, 255, 97], RangeError],
  ["bytes behind the packet", [0x80, 0], /trailing bytes/],
  ["a code that is not used", [0xc1], /invalid code/],
  ["no packet", [0xc0], /invalid packet type/],
  ["another type", [0x82, 0xa4, ...Buffer.from("type"), 9, 0xa3, ...Buffer.from("nsp"), 0xa1, 47], /invalid packet type/],
  ["no namespace", [0x81, 0xa4, ...Buffer.from("type"), 2], /invalid namespace/],
]) {
  test(`parse error: ${what}`, () => {
    assert.throws(() => decode(parser.Decoder, Uint8Array.from(data)), reason);
  });
}

test("packets of the wrong shape", () => {
  for (const [packet, reason] of [
    [{ type: EVENT, nsp: "/", data: "text" }, /invalid payload/],
    [{ type: EVENT, nsp: "/", data: ["connect"] }, /invalid payload/],
    [{ type: DISCONNECT, nsp: "/", data: 1 }, /invalid payload/],
    [{ type: CONNECT, nsp: "/", data: [] }, /invalid payload/],
    [{ type: ACK, nsp: "/", data: [], id: 1.5 }, /invalid packet id/],
  ]) {
    assert.throws(() => decode(parser.Decoder, bytes(packet)), reason);
  }
});

test("__proto__ is a name like any other", () => {
  const packet = event(JSON.parse('{"__proto__":{"polluted":1}}'));
  const [, value] = decode(parser.Decoder, bytes(packet)).data;
  assert.deepEqual([Object.keys(value), {}.polluted, value.polluted], [["__proto__"], undefined, undefined]);
});
