// Makes `dist` from `src`; with `--check` makes it elsewhere and fails if the committed files differ.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// Bytes after gzip -9. A change that needs more should say why.
const BUDGET = { "socket.io.min.js": 8800, "socket.io.esm.min.js": 9000 };

const bundles = [
  { file: "socket.io.js", universal: true, minify: false },
  { file: "socket.io.min.js", universal: true, minify: true },
  { file: "socket.io.esm.min.js", minify: true },
  { file: "socket.io.mjs", minify: false, packageOnly: true },
];

// One script for `require`, for AMD loaders and for the page's global `io`. esbuild has no such format, and would wrap
// a source that mentions `module` in more than this.
const universal = {
  banner: '(function(provide){"use strict";',
  footer:
    '})(function(io){typeof module=="object"&&typeof exports=="object"?module.exports=io:' +
    'typeof define=="function"&&define.amd?define(function(){return io}):globalThis.io=io});',
};

const compressors = {
  ".br": (data) =>
    brotliCompressSync(data, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
      },
    }),
  ".gz": (data) => {
    const compressed = gzipSync(data, { level: 9, memLevel: 9 });
    // RFC 1952 2.3: byte 9 names the operating system, 255 is "unknown".
    compressed[9] = 255;
    return compressed;
  },
};
const decompressors = { ".br": brotliDecompressSync, ".gz": gunzipSync };

async function makeBundles(folder) {
  for (const { file, minify, packageOnly, ...bundle } of bundles) {
    const wrapper = bundle.universal ? universal : { banner: "", footer: "" };
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [bundle.universal ? "src/global.ts" : "src/index.ts"],
      // Never written: only the paths in the map are relative to it, so that they do not depend on `folder`.
      outfile: `dist/${file}`,
      write: false,
      bundle: true,
      format: "esm",
      minify,
      target: "es2020",
      charset: "utf8",
      sourcemap: "linked",
      legalComments: "none",
      banner: { js: `/*! ${name} ${version} | ${license} */\n${wrapper.banner}` },
      footer: { js: wrapper.footer },
      logLevel: "warning",
    });
    for (const { path, contents } of outputFiles) {
      const target = join(folder, relative(dist, path));
      writeFileSync(target, contents);
      if (packageOnly) continue;
      for (const [extension, compress] of Object.entries(compressors)) {
        writeFileSync(target + extension, compress(contents));
      }
    }
  }
}

function makeTypes(folder) {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", root, "--outDir", folder], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
  rmSync(join(folder, "global.d.ts"));
  // The package has no `type`, so that `index.d.ts` describes `require`; this is what `import` sees.
  writeFileSync(
    join(folder, "index.d.mts"),
    'export * from "./index.js";\nexport { io as default } from "./index.js";\n',
  );
}

async function make(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  makeTypes(folder);
  await makeBundles(folder);
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

// Compressed files are compared by content: another release of zlib may find other matches.
function content(folder, file) {
  const data = readFileSync(join(folder, file));
  const extension = Object.keys(decompressors).find((end) => file.endsWith(end));
  return extension ? decompressors[extension](data) : data;
}

function differences(fresh) {
  const [expected, found] = [files(fresh), files(dist)];
  return [
    ...expected.filter((file) => !found.includes(file)).map((file) => `missing: dist/${file}`),
    ...found.filter((file) => !expected.includes(file)).map((file) => `not made by the build: dist/${file}`),
    ...expected
      .filter((file) => found.includes(file) && !content(fresh, file).equals(content(dist, file)))
      .map((file) => `differs: dist/${file}`),
  ];
}

function report(folder) {
  let fits = true;
  console.log("file                       raw    gzip  brotli");
  for (const { file, packageOnly } of bundles) {
    if (packageOnly) continue;
    const [raw, gzip, brotli] = ["", ".gz", ".br"].map((end) => readFileSync(join(folder, file + end)).length);
    const over = gzip > BUDGET[file];
    fits &&= !over;
    const columns = [raw, gzip, brotli].map((size) => String(size).padStart(8)).join("");
    console.log(file.padEnd(22) + columns + (over ? `  over the budget of ${BUDGET[file]}` : ""));
  }
  return fits;
}

if (process.argv.includes("--check")) {
  const fresh = mkdtempSync(join(tmpdir(), "sockeye-client-"));
  try {
    await make(fresh);
    const found = differences(fresh);
    for (const difference of found) console.error(difference);
    if (found.length) console.error("dist does not belong to these sources: run `node build.mjs`");
    if (!report(fresh) || found.length) process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
} else {
  await make(dist);
  if (!report(dist)) process.exitCode = 1;
}
