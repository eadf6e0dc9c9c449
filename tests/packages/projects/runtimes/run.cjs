const { execFileSync } = require("node:child_process");

for (const [name, ...args] of [["node"], ["bun"], ["deno", "run", "--allow-all", "--no-prompt"]]) {
  const output = execFileSync(`node_modules/.bin/${name}`, [...args, "check.mjs"], { encoding: "utf8", timeout: 60_000 });
  console.log(name, output);
  if (!output.includes("ok")) throw new Error(`${name}: ${output}`);
}
