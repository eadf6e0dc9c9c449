import assert from "node:assert/strict";
import { after, it } from "node:test";
import { differences } from "./differences.mjs";
import { isReference } from "../harness/server.mjs";

/**
 * Defines probes of one table. A probe's outcome must equal what the reference does, unless `differences.mjs` lists the
 * probe: then it must equal what stands there. A row that is no difference any more fails, as does one without a probe.
 */
export function table(name) {
  const listed = differences[name] ?? {};
  const seen = new Set();
  after(() => assert.deepEqual(Object.keys(listed).filter((row) => !seen.has(row)), [], "differences without a probe"));
  return (row, run, reference) => {
    seen.add(row);
    const difference = listed[row];
    if (difference) {
      assert.ok(difference.reason, `${row}: a difference needs a reason`);
      assert.notDeepEqual(difference.sockeye, reference, `${row}: listed, but no difference`);
    }
    it(row, async () => {
      assert.deepEqual(await run(), isReference || !difference ? reference : difference.sockeye);
    });
  };
}
