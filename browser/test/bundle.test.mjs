// The files as they are shipped: every way to load them, their types, and nothing that is left out.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { root } from "./compiled.mjs";

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const scripts = ["socket.io.js", "socket.io.min.js"];
const own = ["Manager", "Socket", "connect", "io", "protocol"];

function source(file) {
  return readFileSync(join(root, "dist", file), "utf8");
}

function properties(io) {
  assert.equal(typeof io, "function");
  assert.equal(io.io, io.connect);
  assert.equal(io.protocol, 5);
  return Object.keys(io).sort();
}

for (const file of scripts) {
  test(`${file} as a page's script`, () => {
    const page = createContext({ setTimeout, clearTimeout });
    const before = new Set(runInContext("Object.getOwnPropertyNames(globalThis)", page));
    runInContext(source(file), page);
    const after = runInContext("Object.getOwnPropertyNames(globalThis)", page);
    assert.equal(String(after.filter((name) => !before.has(name))), "io");
    assert.deepEqual(properties(page.io), own);
  });

  test(`${file} as an AMD module`, () => {
    let module;
    const define = Object.assign((factory) => (module = factory()), { amd: {} });
    const page = createContext({ setTimeout, clearTimeout, define });
    runInContext(source(file), page);
    assert.deepEqual(properties(module), own);
    assert.equal(page.io, undefined);
  });

  test(`${file} as a CommonJS module`, () => {
    assert.deepEqual(properties(require(`../dist/${file}`)), own);
    assert.equal(globalThis.io, undefined);
  });
}

test("the ES modules export the same", async () => {
  const names = ["Fetch", "Manager", "Socket", "WebSocket", "XHR", "connect", "default", "io", "protocol"];
  for (const specifier of ["../dist/socket.io.esm.min.js", "sockeye-client"]) {
    const module = await import(specifier);
    assert.deepEqual(Object.keys(module).sort(), names);
    assert.equal(module.default, module.io);
    assert.equal(module.protocol, 5);
  }
  assert.deepEqual(properties(require("sockeye-client")), own);
});

test("compressed files contain the originals", () => {
  const files = readdirSync(join(root, "dist"));
  for (const file of files.filter((name) => /\.js(\.map)?$/.test(name))) {
    const original = readFileSync(join(root, "dist", file));
    assert.deepEqual(gunzipSync(readFileSync(join(root, "dist", file + ".gz"))), original);
    assert.deepEqual(brotliDecompressSync(readFileSync(join(root, "dist", file + ".br"))), original);
  }
  assert.equal(files.filter((name) => /\.(gz|br)$/.test(name)).length, 12);
});

test("maps name the sources by relative paths, and the scripts name their licence", () => {
  for (const file of [...scripts, "socket.io.esm.min.js", "socket.io.mjs"]) {
    assert.ok(source(file).startsWith(`/*! sockeye-client ${version} | MIT OR Apache-2.0 */`));
    assert.ok(source(file).endsWith(`//# sourceMappingURL=${file}.map\n`));
    const map = JSON.parse(source(file + ".map"));
    assert.deepEqual(map.sources.filter((path) => !path.startsWith("../src/")), []);
    assert.equal(map.sources.length, map.sourcesContent.length);
  }
});

test("types", { timeout: 120_000 }, () => {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", join(root, "test")], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
