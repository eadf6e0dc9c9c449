// TypeScript's compiler on programs that use the generated declarations, with the types of both clients.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

function compile(project) {
  const tsc = path("node_modules/typescript/bin/tsc");
  const run = spawnSync(process.execPath, [tsc, "--project", path(`typescript/${project}`)], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.equal(run.stdout, "");
  assert.equal(run.status, 0, run.stderr);
}

test("programs that are right compile, and those that are wrong do not", () => compile("tsconfig.json"));

test("the page of the chat speaks as its server does", () => compile("chat.json"));

test("both clients are given the same program", () => {
  const text = (name) => readFileSync(path(`typescript/${name}.ts`), "utf8");
  assert.equal(text("ours").replace("sockeye-client", "socket.io-client"), text("official"));
});
