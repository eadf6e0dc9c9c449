import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { Backoff } = await compiled("backoff.ts");

function backoffWith(parameters) {
  return Object.assign(new Backoff(), parameters);
}

function durations(backoff, count) {
  return Array.from({ length: count }, () => backoff.duration());
}

test("the delay doubles up to the maximum and starts again after a reset", () => {
  const backoff = backoffWith({ min: 100, max: 1000, jitter: 0 });
  assert.deepEqual(durations(backoff, 5), [100, 200, 400, 800, 1000]);
  assert.equal(backoff.attempts, 5);
  backoff.reset();
  assert.deepEqual(durations(backoff, 1), [100]);
});

test("the jitter adds or subtracts the random share", (t) => {
  const backoff = backoffWith({ min: 1000, max: 60000, jitter: 0.5 });
  // The first decimal decides the sign: even subtracts.
  for (const [random, expected] of [
    [0.2, 900],
    [0.3, 1150],
    [0, 1000],
    [0.99, 1495],
  ]) {
    t.mock.method(Math, "random", () => random);
    backoff.reset();
    assert.equal(backoff.duration(), expected);
  }
});

test("after very many attempts the delay is still the maximum", (t) => {
  t.mock.method(Math, "random", () => 0.4);
  const backoff = backoffWith({ min: 1000, max: 5000, jitter: 0.5 });
  durations(backoff, 2000);
  assert.equal(backoff.duration(), 5000);
});

test("parameters can be changed", () => {
  const backoff = backoffWith({ min: 100, max: 1000, jitter: 0.5 });
  backoff.duration();
  Object.assign(backoff, { min: 10, max: 30, jitter: 0 });
  assert.deepEqual(durations(backoff, 2), [20, 30]);
});
