// Cases: what is sent and what is seen, run against each server. `expected`, where a case has it, is what the
// documents say; without it the reference itself is the measure.

/** Collects the cases of one file: `add("title", "profile", run, expected)`. */
export function table(file) {
  const cases = [];
  const add = (title, profile, run, expected) => cases.push({ name: `${file}: ${title}`, profile, run, expected });
  return { cases, add };
}

/** What a case is seen to do; an exception is an outcome too, so that a test fails with it and does not hang. */
export async function outcome(one, server) {
  try {
    return await one.run(server);
  } catch (error) {
    return `failed: ${error.message}`;
  }
}
