// docs/reference-parity.md says what is true: each row has a test or a reason, and the page is up to date.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { page, PAGE, tagged } from "./page.mjs";
import { rows } from "./rows.mjs";

it("names each row once", () => {
  const ids = rows.map(([id]) => id);
  assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
});

it("has a test for each row, or a reason", () => {
  const proved = new Set(tagged().map(({ row }) => row));
  assert.deepEqual(rows.filter(([id, , elsewhere]) => !elsewhere && !proved.has(id)).map(([id]) => id), [], "without a test");
  assert.deepEqual(rows.filter(([id, , elsewhere]) => elsewhere && proved.has(id)).map(([id]) => id), [], "with a test and a reason not to have one");
});

it("knows each row that a test names", () => {
  const known = new Set(rows.map(([id]) => id));
  assert.deepEqual(tagged().filter(({ row }) => !known.has(row)), []);
});

it("is up to date", () => {
  assert.equal(readFileSync(PAGE, "utf8"), page(), "run `node tests/parity/write.mjs`");
});
