import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { decodePacket, decodePayload, encodedLength, encodePacket, encodePackets, joinPayload } =
  await compiled("engine/packet.ts");
const bytes = (...values) => Uint8Array.from(values).buffer;
const unreadable = { type: "error", data: "parser error" };

for (const [packet, encoded] of [
  [{ type: "open", data: "{}" }, "0{}"],
  [{ type: "close" }, "1"],
  [{ type: "ping", data: "probe" }, "2probe"],
  [{ type: "pong", data: "probe" }, "3probe"],
  [{ type: "message", data: "€" }, "4€"],
  [{ type: "message" }, "4"],
  [{ type: "upgrade" }, "5"],
  [{ type: "noop" }, "6"],
]) {
  test(`packet ${encoded}`, () => {
    assert.equal(encodePacket(packet, true), encoded);
    assert.deepEqual(decodePacket(encoded), packet);
  });
}

test("binary data is left alone where the transport takes it, else it becomes base64", () => {
  const data = bytes(1, 2, 255);
  assert.equal(encodePacket({ type: "message", data }, true), data);
  assert.equal(encodePacket({ type: "message", data }, false), "bAQL/");
  assert.deepEqual(decodePacket("bAQL/"), { type: "message", data });
  assert.deepEqual(decodePacket(data), { type: "message", data });
});

test("of a view only its own part is encoded", () => {
  const whole = Uint8Array.from([9, 1, 2, 255, 9]);
  assert.equal(encodePacket({ type: "message", data: whole.subarray(1, 4) }, false), "bAQL/");
  assert.equal(encodePacket({ type: "message", data: new DataView(whole.buffer, 1, 3) }, false), "bAQL/");
  assert.equal(encodePacket({ type: "message", data: bytes() }, false), "b");
});

test("long binary data", () => {
  const data = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);
  const encoded = encodePacket({ type: "message", data }, false);
  assert.equal(encoded, "b" + Buffer.from(data).toString("base64"));
  assert.deepEqual(new Uint8Array(decodePacket(encoded).data), data);
});

for (const text of ["", "7", "x", " ", "<!DOCTYPE html>", "bnot base64!", "96:0{}"]) {
  test(`${JSON.stringify(text)} is not a packet`, () => assert.deepEqual(decodePacket(text), unreadable));
}

test("a payload ends at the first packet that cannot be read", () => {
  assert.deepEqual(decodePayload("4a\x1ebAQ==\x1e6"), [
    { type: "message", data: "a" },
    { type: "message", data: bytes(1) },
    { type: "noop" },
  ]);
  assert.deepEqual(decodePayload("4a\x1e\x1e4b"), [{ type: "message", data: "a" }, unreadable]);
  assert.deepEqual(decodePayload(""), [unreadable]);
});

test("a payload of texts is ready at once, one with a Blob later and in order", async () => {
  const texts = [{ type: "message", data: "a" }, { type: "pong" }];
  let payload;
  encodePackets(texts, false, (encoded) => (payload = joinPayload(encoded)), assert.fail);
  assert.equal(payload, "4a\x1e3");

  const packets = [{ type: "message", data: new Blob([bytes(1)]) }, { type: "message", data: "b" }];
  const encoded = await new Promise((resolve, reject) => encodePackets(packets, false, resolve, reject));
  assert.equal(joinPayload(encoded), "bAQ==\x1e4b");
});

test("a Blob that cannot be read is reported", async () => {
  const blob = new Blob([]);
  blob.arrayBuffer = () => Promise.reject(new Error("gone"));
  const failure = await new Promise((resolve) => {
    encodePackets([{ type: "message", data: blob }], false, assert.fail, resolve);
  });
  assert.equal(failure.message, "gone");
});

test("received binary data as a Blob", async () => {
  const { data } = decodePacket("bAQL/", "blob");
  assert.ok(data instanceof Blob);
  assert.deepEqual(await data.arrayBuffer(), bytes(1, 2, 255));
});

test("the length that data has in a request", () => {
  for (const data of ["", "a", "é€😀", "\ud800", bytes(), bytes(1), bytes(1, 2, 3, 4), new Blob(["abcd"])]) {
    const text = typeof data === "string" ? data : Buffer.alloc(data.byteLength ?? data.size).toString("base64");
    assert.equal(encodedLength(data), new Blob([text]).size);
  }
});
