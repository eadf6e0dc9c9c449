import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { backoff } = await compiled("backoff.ts");

test("the delay doubles up to the maximum", () => {
  const delays = [0, 1, 2, 3, 4].map((attempts) => backoff(attempts, 100, 1000, 0));
  assert.deepEqual(delays, [100, 200, 400, 800, 1000]);
});

test("the jitter adds or subtracts the random share", (t) => {
  // The first decimal decides the sign: even subtracts.
  for (const [random, expected] of [
    [0.2, 900],
    [0.3, 1150],
    [0, 1000],
    [0.99, 1495],
  ]) {
    t.mock.method(Math, "random", () => random);
    assert.equal(backoff(0, 1000, 60000, 0.5), expected);
  }
});

test("after very many attempts the delay is still the maximum", (t) => {
  t.mock.method(Math, "random", () => 0.4);
  assert.equal(backoff(2000, 1000, 5000, 0.5), 5000);
});
