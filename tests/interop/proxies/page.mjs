// The configurations of docs/deployment.md: what readers copy is what the tests run.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const page = readFileSync(fileURLToPath(new URL("../../../docs/deployment.md", import.meta.url)), "utf8");

/** A proxy's blocks, in the order of the page: one server, several servers. */
export function sites({ name }) {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${name}\n([^]*?)^\`\`\`$`, "gm"))].map(([, lines]) => lines);
  if (blocks.length !== 2) throw new Error(`docs/deployment.md has ${blocks.length} blocks of ${name}, not two`);
  return { one: blocks[0], several: blocks[1] };
}
