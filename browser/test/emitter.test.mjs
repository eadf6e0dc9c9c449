import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { Emitter } = await compiled("emitter.ts");

function recorder(emitter) {
  const calls = [];
  return [calls, (name) => (emitter.on("e", (...args) => calls.push([name, ...args])), emitter)];
}

test("listeners run in the order of registration, with the arguments and the emitter as this", () => {
  const emitter = new Emitter();
  const calls = [];
  emitter.on("e", function (...args) {
    calls.push(["first", this === emitter, ...args]);
  });
  emitter.on("e", (...args) => calls.push(["second", ...args]));
  assert.equal(emitter.emit("e", 1, "b"), emitter);
  assert.deepEqual(calls, [
    ["first", true, 1, "b"],
    ["second", 1, "b"],
  ]);
});

test("once runs one time and can be removed by the listener it was given", () => {
  const emitter = new Emitter();
  let calls = 0;
  const listener = () => calls++;
  emitter.once("e", listener);
  emitter.emit("e").emit("e");
  assert.equal(calls, 1);
  emitter.once("e", listener).off("e", listener).emit("e");
  assert.equal(calls, 1);
});

test("off removes a listener, an event or everything; undefined as the listener removes nothing", () => {
  const emitter = new Emitter();
  const [calls, add] = recorder(emitter);
  add("a");
  emitter.off("e", undefined).off("e", () => {}).off("other");
  emitter.emit("e");
  assert.deepEqual(calls, [["a"]]);
  emitter.off("e").emit("e");
  assert.equal(emitter.hasListeners("e"), false);
  add("b").on("f", () => calls.push(["f"]));
  emitter.off().emit("e").emit("f");
  assert.deepEqual(calls, [["a"]]);
});

test("a listener added or removed during an emission counts from the next one", () => {
  const emitter = new Emitter();
  const calls = [];
  const late = () => calls.push("late");
  const removed = () => calls.push("removed");
  emitter.on("e", () => emitter.on("e", late).off("e", removed));
  emitter.on("e", removed);
  emitter.emit("e");
  assert.deepEqual(calls, ["removed"]);
  emitter.emit("e");
  assert.deepEqual(calls, ["removed", "late"]);
});

test("the same listener registered twice is removed one at a time", () => {
  const emitter = new Emitter();
  const listener = () => {};
  emitter.on("e", listener).on("e", listener).off("e", listener);
  assert.deepEqual(emitter.listeners("e"), [listener]);
});

test("names of Object.prototype are events like others", () => {
  const emitter = new Emitter();
  for (const name of ["__proto__", "constructor", "toString"]) {
    assert.deepEqual(emitter.listeners(name), []);
    let calls = 0;
    emitter.on(name, () => calls++).emit(name);
    assert.equal(calls, 1);
  }
});

test("aliases", () => {
  const emitter = new Emitter();
  let calls = 0;
  const listener = () => calls++;
  emitter.addEventListener("e", listener).emitReserved("e");
  assert.equal(calls, 1);
  for (const alias of ["removeListener", "removeEventListener", "removeAllListeners"]) {
    emitter.on("e", listener)[alias]("e", listener);
  }
  assert.deepEqual(emitter.listeners("e"), [listener]);
  emitter.removeAllListeners("e");
  assert.equal(emitter.hasListeners("e"), false);
});
