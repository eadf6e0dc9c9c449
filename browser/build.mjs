// Makes `dist` from `src` and copies what the server has built in; with `--check` makes it elsewhere and fails if the
// committed files differ. `--modules` prints the bytes of each module.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify as shorten } from "terser";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
// What the server has built in.
const served = join(root, "../crates/server/client");
const TARBALL = "sockeye-client.tgz";
const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// Bytes after gzip -9. A change that needs more should say why.
const BUDGET = {
  "socket.io.js": 14740,
  "socket.io.min.js": 10360,
  "socket.io.esm.min.js": 10400,
  "socket.io.msgpack.min.js": 11240,
  "a page with slim": 8000,
};

// Names that are this client's own: nothing outside of it can depend on them. The suites run on the files without them.
const PRIVATE = new RegExp(
  "^(" +
    [
      "_cleanups|_drainQueue|_fire|_hasPingExpired|_onClose|_onDrain|_onError|_onHandshake|_onPacket|_onServerError",
      "_leave|_left|_open|_pingDelay|_pingTimeoutTime|_pingTimeoutTimer|_prevBufferLen|_registerAck|_addToQueue|_resetPingTimeout",
      "_reserve|_send|_sendPacket|_transportsByName|_waiting|_watch|_writablePackets|abandon|accept|addAttachment|addText|answer|attempts|chosen|begin|cleanup",
      "clearTimeoutFn|controller|createTransport|createUri|detach|emitEvent|expected|fail|fromQueue|incomplete|isRefused|isStopped",
      "isWarned|note|onEnd|onReply|onattempt|ondata|pending|reaches|receive|rotated|setTimeoutFn|setTransport|skipReconnect|supportsBinary",
      "tryCount|takeable|upgrading|withError|subs|isPolling|buffers|onconnect|onack|explain",
    ].join("|") +
    ")$",
);

// `served` is what a server has below its path; the rest is for bundlers and runtimes.
const bundles = [
  { file: "socket.io.js", entry: "global", format: "universal", served: true, logs: true },
  { file: "socket.io.min.js", entry: "global", format: "universal", served: true, minify: true },
  { file: "socket.io.esm.min.js", entry: "index", served: true, minify: true },
  { file: "socket.io.msgpack.min.js", entry: "global", format: "universal", served: true, minify: true, msgpack: true },
  { file: "socket.io.mjs", entry: "index" },
  { file: "require.js", entry: "index", format: "function", logs: true },
  { file: "debug.mjs", entry: "index", logs: true },
  { file: "slim.mjs", entry: "slim" },
  { file: "slim.js", entry: "slim", format: "cjs" },
  { file: "msgpack.mjs", entry: "msgpack/index" },
  { file: "msgpack.js", entry: "msgpack/index", format: "cjs" },
  { file: "node.mjs", entry: "node/index", logs: true, node: true },
  { file: "node.js", entry: "node/index", format: "function", logs: true, node: true },
  { file: "node-slim.mjs", entry: "node/slim", node: true },
  { file: "node-slim.js", entry: "node/slim", format: "cjs", node: true },
];

// One script for `require`, for AMD loaders and for the page's global `io`. esbuild has no such format, and would wrap
// a source that mentions `module` in more than this: the entry calls `provide`, and this stands in its place.
const universal = {
  banner: "(()=>{",
  footer: "})();",
  provide:
    '(io=>{typeof module=="object"&&module.exports?module.exports=io:' +
    'typeof define=="function"&&define.amd?define(()=>io):globalThis.io=io})(',
};

// What `require` gives of `socket.io-client`: the function.
const justFunction = { banner: "", footer: "module.exports = module.exports.io;\nmodule.exports.default = module.exports;" };

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
const decompressors = { ".br": brotliDecompressSync, ".gz": gunzipSync, ".tgz": gunzipSync };

// The bundle whose connections speak MessagePack has no JSON in it.
const speakMessagePack = {
  name: "msgpack",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/protocol\/(en|de)coder\.js$/ }, ({ path }) => ({
      path: join(root, path.replace("./protocol", "src/msgpack").replace(".js", ".ts")),
    }));
  },
};

async function bundle({ file, entry, format, minify, logs, node, msgpack, served }, metafile = false) {
  const wrapper = { universal, function: justFunction }[format] ?? { banner: "", footer: "" };
  return build({
    absWorkingDir: root,
    entryPoints: [`src/${entry}.ts`],
    // Never written: only the paths in the map are relative to it, so that they do not depend on the folder.
    outfile: `dist/${file}`,
    write: false,
    bundle: true,
    metafile,
    format: format === "cjs" || format === "function" ? "cjs" : "esm",
    platform: node ? "node" : "neutral",
    minify: !!minify,
    minifySyntax: !logs,
    define: { LOG: String(!!logs), NODE: String(!!node) },
    plugins: msgpack ? [speakMessagePack] : [],
    target: "es2020",
    charset: "utf8",
    mangleProps: file.startsWith("socket.io.") && minify || file.startsWith("slim") ? PRIVATE : undefined,
    sourcemap: "linked",
    // The package has the sources; a server has not.
    sourcesContent: !!served,
    legalComments: "none",
    banner: { js: (served || node ? `/*! ${name} ${version} | ${license} */\n` : "") + wrapper.banner },
    footer: { js: wrapper.footer },
    logLevel: "warning",
  });
}

// What esbuild leaves is a few hundred bytes more than it need be.
const shortest = { ecma: 2020, compress: { ecma: 2020, passes: 3 }, format: { ecma: 2020, comments: /^!/ } };
// The sources' comments would be a page's bytes; they are in the map.
const readable = { ecma: 2020, compress: false, mangle: false, format: { beautify: true, comments: /^!/ } };
// What a page downloads is shortened where that costs no reader anything. In modules it would take away what tells
// Node.js their exports.
const kept = ["sequences", "conditionals", "if_return", "booleans", "comparisons", "typeofs", "join_vars"];
const compress = { ecma: 2020, passes: 3, ...Object.fromEntries(kept.map((name) => [name, false])) };

/** The text of a bundle and of its map, by their names. */
async function finished({ file, format, minify }, outputFiles) {
  let [map, text] = outputFiles.map(({ text }) => text);
  if (format === "universal") text = text.replace(/\bprovide\((?=\w+\);)/, universal.provide);
  text = text.replace(/\bif \(true\) /g, "");
  const sourceMap = { content: map, url: `${file}.map`, filename: file };
  const options = { ...(minify ? shortest : readable), module: !format, sourceMap };
  if (format === "universal" && !minify) options.compress = compress;
  ({ code: text, map } = await shorten(text, options));
  // The wrapper's content is not indented for it.
  const outer = format === "universal" ? 1 : 0;
  text = text.replace(/^( {4})+/gm, (spaces) => "\t".repeat(spaces.length / 4 - outer));
  return { [file]: `${text}\n`, [`${file}.map`]: map };
}

async function makeBundles(folder) {
  for (const description of bundles) {
    const { outputFiles } = await bundle(description);
    for (const [path, contents] of Object.entries(await finished(description, outputFiles))) {
      const target = join(folder, path);
      writeFileSync(target, contents);
      if (!description.served) continue;
      for (const [extension, compress] of Object.entries(compressors)) {
        writeFileSync(target + extension, compress(readFileSync(target)));
      }
    }
  }
}

/** What a page downloads that imports `slim` and one transport. */
async function slimPage(folder) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["test/pages/slim.mjs"],
    alias: { "sockeye-client/slim": join(folder, "slim.mjs") },
    write: false,
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2020",
  });
  // As webpack does, which has it built in.
  const { code } = await shorten(outputFiles[0].text, { ...shortest, module: true });
  return Buffer.from(code);
}

function makeTypes(folder) {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", root, "--outDir", folder], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
  // Not to be imported: the Node.js build has the types of the others, and these would need those of Node.js.
  for (const inner of ["global.d.ts", "node"]) rmSync(join(folder, inner), { recursive: true });
  writeFileSync(join(folder, "msgpack.d.ts"), 'export * from "./msgpack/index.js";\n');
  // The package has no `type`, so that `index.d.ts` describes `require`; these are what `import` sees.
  for (const [module, source] of [["index"], ["slim"], ["msgpack", "msgpack/index"]]) {
    const isMain = module !== "msgpack";
    const path = `./${source ?? module}.js`;
    const more = isMain ? `export { io as default } from "${path}";\n` : "";
    writeFileSync(join(folder, `${module}.d.mts`), `export * from "${path}";\n${more}`);
  }
}

async function make(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  makeTypes(folder);
  await makeBundles(folder);
}

/** The package as `npm pack` makes it of what is in `folder`; the same content gives the same archive. */
function pack(folder, target) {
  const stage = mkdtempSync(join(tmpdir(), "sockeye-pack-"));
  try {
    cpSync(folder, join(stage, "dist"), { recursive: true });
    cpSync(join(root, "src"), join(stage, "src"), { recursive: true });
    for (const file of ["package.json", "README.md"]) copyFileSync(join(root, file), join(stage, file));
    for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(join(root, "..", file), join(stage, file));
    const { status, stderr } = spawnSync("npm", ["pack", "--silent", "--pack-destination", stage], { cwd: stage });
    if (status !== 0) throw new Error(`npm pack: ${stderr}`);
    copyFileSync(join(stage, `${name}-${version}.tgz`), target);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Copies what the server has built in. */
function serve(folder, target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const { file } of bundles.filter(({ served }) => served)) {
    for (const end of ["", ".map"]) {
      for (const extension of ["", ".gz", ".br"]) copyFileSync(join(folder, file + end + extension), join(target, file + end + extension));
    }
  }
  pack(folder, join(target, TARBALL));
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

function differences(fresh, committed) {
  const place = relative(root, committed);
  const [expected, found] = [files(fresh), files(committed)];
  return [
    ...expected.filter((file) => !found.includes(file)).map((file) => `missing: ${place}/${file}`),
    ...found.filter((file) => !expected.includes(file)).map((file) => `not made by the build: ${place}/${file}`),
    ...expected
      .filter((file) => found.includes(file) && !content(fresh, file).equals(content(committed, file)))
      .map((file) => `differs: ${place}/${file}`),
  ];
}

async function report(folder) {
  let fits = true;
  const rows = bundles
    .filter(({ served }) => served)
    .map(({ file }) => [file, ...["", ".gz", ".br"].map((end) => readFileSync(join(folder, file + end)).length)]);
  const page = await slimPage(folder);
  rows.push(["a page with slim", page.length, compressors[".gz"](page).length, compressors[".br"](page).length]);
  const readme = readFileSync(join(root, "README.md"), "utf8");
  console.log("file                           raw    gzip  brotli   limit");
  for (const [file, raw, gzip, brotli] of rows) {
    const [own, limit] = [gzip, BUDGET[file]].map((size) => size.toLocaleString("en"));
    const isTold = readme.includes(` | ${own} | ${limit} |`);
    if (!isTold) console.error(`the README has another size than ${own} for ${file}`);
    fits &&= isTold && gzip <= BUDGET[file];
    const columns = [raw, gzip, brotli, BUDGET[file]].map((size) => String(size).padStart(8)).join("");
    console.log(file.padEnd(26) + columns + (gzip > BUDGET[file] ? "  over the limit of gzip" : ""));
  }
  return fits;
}

/** Bytes that each module has in each of the scripts that a server has, before the last of the minification. */
async function reportModules() {
  const served = bundles.filter((description) => description.served);
  const sizes = await Promise.all(
    served.map(async (description) => {
      const { metafile } = await bundle(description, true);
      const [{ inputs }] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint);
      return Object.fromEntries(Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
    }),
  );
  const total = (path) => sizes.reduce((sum, of) => sum + (of[path] ?? 0), 0);
  const modules = [...new Set(sizes.flatMap(Object.keys))].sort((a, b) => total(b) - total(a));
  const line = (first, columns) => console.log(first.padEnd(26) + columns.map((text) => String(text).padStart(16)).join(""));
  console.log("\nbytes of each module");
  line("", served.map(({ file }) => file.slice("socket.io.".length)));
  for (const path of modules) line(path.replace("src/", ""), sizes.map((of) => of[path] ?? "-"));
}

if (process.argv.includes("--check")) {
  const fresh = mkdtempSync(join(tmpdir(), "sockeye-client-"));
  try {
    await make(join(fresh, "dist"));
    serve(join(fresh, "dist"), join(fresh, "served"));
    const found = [...differences(join(fresh, "dist"), dist), ...differences(join(fresh, "served"), served)];
    for (const difference of found) console.error(difference);
    if (found.length) console.error("the built files do not belong to these sources: run `node build.mjs`");
    if (!(await report(join(fresh, "dist"))) || found.length) process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
} else {
  await make(dist);
  serve(dist, served);
  if (!(await report(dist))) process.exitCode = 1;
}
if (process.argv.includes("--modules")) await reportModules();
