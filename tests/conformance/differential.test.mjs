// The same bytes against Sockeye and against the npm packages: the same is seen, or the case stands in differences.mjs.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cases, PROFILES } from "./cases/index.mjs";
import { differences } from "./differences.mjs";
import { start } from "./server.mjs";
import { outcome } from "./table.mjs";

const servers = {};
before(async () => {
  for (const which of ["sockeye", "reference"]) {
    servers[which] = Object.fromEntries(await Promise.all(PROFILES.map(async (profile) => [profile, await start(which, profile)])));
  }
});
after(() => Object.values(servers).forEach((profiles) => Object.values(profiles).forEach((server) => server.stop())));

const listed = new Map(differences.flatMap(({ reason, cases: rows }) => Object.entries(rows).map(([name, sockeye]) => [`${name}`, { reason, sockeye }])));

it("each case has one name, and each difference a case and a reason", () => {
  const names = cases.map(({ name, profile }) => `${profile} ${name}`);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
  assert.deepEqual([...listed.keys()].filter((name) => !names.includes(name)), [], "differences without a case");
  for (const { reason } of differences) assert.ok(reason.length > 20, `too short a reason: ${reason}`);
});

async function judge(one, profile) {
  const [ours, theirs] = await Promise.all([outcome(one, servers.sockeye[profile]), outcome(one, servers.reference[profile])]);
  if (one.expected !== undefined) assert.deepEqual(theirs, one.expected, "the reference does not do what the case expects");
  const difference = listed.get(`${profile} ${one.name}`);
  if (!difference) return assert.deepEqual(ours, theirs);
  assert.notDeepEqual(ours, theirs, `listed as a difference, and is none any more: ${difference.reason}`);
  assert.deepEqual(ours, difference.sockeye, "differs otherwise than listed");
}

/** The documents ask for heartbeats of half a second. On a busy machine one strikes in the middle of a case: it has three trials. */
async function judged(one, profile) {
  for (let trial = 1; ; trial++) {
    try {
      return await judge(one, profile);
    } catch (error) {
      if (trial === 3) throw error;
    }
  }
}

for (const profile of PROFILES) {
  describe(profile, { concurrency: 8 }, () => {
    for (const one of cases.filter((one) => one.profile === profile)) {
      it(one.name, { timeout: 60_000 }, async () => {
        await judged(one, profile);
      });
    }
  });
}
