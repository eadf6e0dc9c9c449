// What the guides show of the npm package runs, each block as a module of its own.
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const guide = readFileSync(fileURLToPath(new URL("../../../docs/guides/from-node.md", import.meta.url)), "utf8");
const blocks = [...guide.matchAll(/^## (.+)\n(?:(?!^## )[^])*?^```js\n([^]*?)^```$/gm)];

describe("the guide from Node", () => {
  it("has blocks of JavaScript", () => assert.ok(blocks.length >= 3));
  for (const [, title, code] of blocks) {
    it(title, async () => {
      // Run where the packages are; a server that listens is ended once the block is through.
      const child = spawn(process.execPath, ["--input-type=module", "-e", `${code}\nprocess.exit(0);`], { cwd: fileURLToPath(new URL("..", import.meta.url)), stdio: ["ignore", "ignore", "pipe"] });
      let errors = "";
      child.stderr.on("data", (data) => (errors += data));
      const [status] = await once(child, "exit");
      assert.equal(status, 0, errors);
    });
  }
});
