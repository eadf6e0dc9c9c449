// The files as they are shipped: every way to load them, their types, and nothing that is left out.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire, SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { parse } from "acorn";
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

const alone = ["Iframe", "Streaming"];
const names = [
  "Fetch",
  "Iframe",
  "Manager",
  "NodeWebSocket",
  "NodeXHR",
  "Socket",
  "Streaming",
  "WebSocket",
  "WebTransport",
  "XHR",
  "connect",
  "default",
  "io",
  "protocol",
];

test("the ES modules export what those of socket.io-client do, and two transports", async () => {
  const official = Object.keys(await import("socket.io-client"));
  assert.deepEqual(official.filter((name) => name !== "module.exports").sort(), names.filter((name) => !alone.includes(name)));
  for (const specifier of ["../dist/socket.io.esm.min.js", "sockeye-client", "sockeye-client/debug", "sockeye-client/slim"]) {
    const module = await import(specifier);
    assert.deepEqual(Object.keys(module).sort(), names, specifier);
    assert.equal(module.default, module.io);
    assert.equal(module.protocol, 5);
  }
  for (const specifier of ["sockeye-client", "sockeye-client/debug"]) {
    const io = require(specifier);
    assert.deepEqual([io, io.io, io.connect, io.default], Array(4).fill(io), specifier);
    assert.deepEqual([typeof io.Manager, typeof io.Socket], ["function", "function"]);
  }
  assert.deepEqual(Object.keys(require("sockeye-client/slim")).sort(), names);
  assert.deepEqual(Object.keys(require("sockeye-client/msgpack")), ["parser"]);
  assert.deepEqual(Object.keys(await import("sockeye-client/msgpack")), ["parser"]);
});

test("compressed files contain the originals", () => {
  const files = readdirSync(join(root, "dist"));
  const served = files.filter((name) => /^socket\.io(\.esm|\.msgpack)?(\.min)?\.js(\.map)?$/.test(name));
  assert.equal(served.length, 8);
  for (const file of served) {
    const original = readFileSync(join(root, "dist", file));
    assert.deepEqual(gunzipSync(readFileSync(join(root, "dist", file + ".gz"))), original);
    assert.deepEqual(brotliDecompressSync(readFileSync(join(root, "dist", file + ".br"))), original);
  }
  assert.equal(files.filter((name) => /\.(gz|br)$/.test(name)).length, 16);
});

test("the README has the sizes of these files", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const file of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"]) {
    const [, own, limit] = new RegExp(`\\| \`${file}\`[^|]*\\|[^|]*\\| ([\\d,]+) \\| ([\\d,]+) \\|`).exec(readme);
    const size = readFileSync(join(root, "dist", file + ".gz")).length;
    assert.equal(own, size.toLocaleString("en"), file);
    assert.ok(size <= Number(limit.replace(",", "")), file);
  }
});

test("the server has the same files", () => {
  const folder = join(root, "../crates/server/client");
  for (const file of readdirSync(folder).filter((name) => !name.endsWith(".tgz"))) {
    assert.deepEqual(readFileSync(join(folder, file)), readFileSync(join(root, "dist", file)), file);
  }
  assert.equal(readdirSync(folder).length, 25);
});

const files = [...scripts, "socket.io.esm.min.js", "socket.io.msgpack.min.js"];
const modules = readdirSync(join(root, "dist")).filter((name) => /\.m?js$/.test(name) && !files.includes(name));

test("maps name the sources by relative paths, and the scripts name their licence", () => {
  assert.equal(modules.length, 11);
  for (const file of [...files, ...modules]) {
    const isServed = files.includes(file);
    if (isServed) assert.ok(source(file).startsWith(`/*! sockeye-client ${version} | MIT OR Apache-2.0 */`), file);
    assert.ok(source(file).endsWith(`//# sourceMappingURL=${file}.map\n`), file);
    const map = JSON.parse(source(file + ".map"));
    assert.deepEqual(map.sources.filter((path) => !path.startsWith("../src/")), []);
    // The package has the sources beside `dist`; a server has the map alone.
    if (isServed) assert.equal(map.sources.length, map.sourcesContent.length, file);
    else for (const path of map.sources) assert.ok(existsSync(join(root, "dist", path)), `${path} of ${file}`);
  }
  const { files: packed } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  assert.ok(packed.includes("src"));
});

// Line and column, counted from 0, of what stands at `needle` in the TypeScript.
function original(file, needle) {
  const lines = source(file).split("\n");
  const line = lines.findIndex((text) => text.includes(needle));
  assert.notEqual(line, -1, `${needle} in ${file}`);
  const found = new SourceMap(JSON.parse(source(file + ".map"))).findEntry(line, lines[line].indexOf(needle));
  const text = readFileSync(join(root, "dist", found.originalSource), "utf8").split("\n")[found.originalLine];
  return [found.originalSource, text];
}

test("maps resolve a breakpoint to TypeScript", () => {
  for (const file of [...files, ...modules.filter((name) => !name.startsWith("msgpack"))]) {
    const [path, text] = original(file, "operation has timed out");
    assert.deepEqual([path, text.includes("operation has timed out")], ["../src/socket.ts", true], file);
    const [other, line] = original(file, "transport closed by the server");
    assert.deepEqual([other, line.includes("transport closed by the server")], ["../src/engine/polling.ts", true], file);
  }
});

test("the files are ES2020", async () => {
  for (const file of readdirSync(join(root, "dist")).filter((name) => /\.m?js$/.test(name))) {
    const isModule = file.endsWith(".mjs") || file.includes(".esm.");
    // Throws at syntax that is newer.
    parse(source(file), { ecmaVersion: 2020, sourceType: isModule ? "module" : "script" });
  }
  assert.throws(() => parse("a ||= b", { ecmaVersion: 2020 }), SyntaxError);
});

test("the sentences for errors are in the readable file alone", () => {
  assert.ok(source("socket.io.js").includes("the server answers, but not to this origin"));
  for (const file of files.slice(1)) assert.ok(!source(file).includes("but not to this origin"), file);
});

function compile(...args) {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [compiler, ...args], { encoding: "utf8", cwd: root });
}

test("types", { timeout: 120_000 }, () => {
  const { status, stdout } = compile("-p", join(root, "test"));
  assert.equal(status, 0, stdout);
});

// An expected error that does not come is an error as well.
for (const client of ["socket.io-client/build/esm/index", "../dist/index"]) {
  test(`lines of code that both packages accept or refuse: ${client}`, { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "sockeye-types-"));
    try {
      const config = {
        compilerOptions: {
          target: "ES2020",
          module: "ESNext",
          moduleResolution: "bundler",
          lib: ["ES2020", "DOM"],
          types: ["node"],
          typeRoots: [join(root, "node_modules/@types")],
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          paths: { client: [join(root, "node_modules", `${client}.d.ts`)] },
        },
        files: [join(root, "test/types-shared.ts")],
      };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
      const { status, stdout } = compile("-p", folder);
      assert.equal(status, 0, stdout);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
