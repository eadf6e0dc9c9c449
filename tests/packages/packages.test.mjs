// The npm package in real projects. `PACKAGES=all` runs every one, `PACKAGES=vite,jest` those, nothing the fast ones.
//
// `CHROMIUM` is the browser that shows the pages. Each is copied, installed from the archive that the server serves, built, and talks to a server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = resolve(here, "../..");
const browser = join(root, "browser");
const archive = join(root, "crates/server/client/sockeye-client.tgz");
const work = process.env.PACKAGES_FOLDER ?? join(root, ".cache/packages");
const require = createRequire(join(browser, "package.json"));

const FAST = ["alias", "checks", "jest", "vite"];
const all = readdirSync(join(here, "projects")).sort();
const wanted = process.env.PACKAGES ?? FAST.join(",");
const chosen = wanted === "all" ? all : wanted.split(",");
const left = all.filter((name) => !chosen.includes(name));
if (left.length) test(`package in projects: ${left.join(", ")}`, { skip: "PACKAGES=all runs them" });

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css" };

let server, io, url, page, connections;

function serve(request, response) {
  const path = new URL(request.url, "http://localhost").pathname;
  const file = join(page ?? here, path === "/" ? "index.html" : path);
  if (!page || !existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
  response.end(readFileSync(file));
}

before(async () => {
  const { Server } = require("socket.io");
  server = createServer(serve);
  io = new Server(server, { cors: { origin: true } });
  io.on("connection", (socket) => {
    connections++;
    socket.on("echo", (value, answer) => answer(value));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  io.close();
  server.closeAllConnections();
});

/** Runs a command in a project; its output is the reason if it fails. */
async function run(folder, command, ...args) {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, CI: "1", NEXT_TELEMETRY_DISABLED: "1", SERVER_URL: url, NODE_OPTIONS: "", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const timer = setTimeout(() => child.kill("SIGKILL"), 240_000);
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${signal ?? code}\n${output.slice(-4000)}`);
}

/** The page in `folder` says in its title when it has been answered, and how often it connected. */
async function show(t, folder) {
  const chromium = process.env.CHROMIUM;
  if (!chromium) return t.skip("built, not shown: no Chromium");
  page = folder;
  connections = 0;
  const profile = join(work, "profile");
  rmSync(profile, { recursive: true, force: true });
  const chrome = await (await import(require.resolve("puppeteer-core"))).default.launch({
    executablePath: chromium,
    userDataDir: profile,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  try {
    const tab = await chrome.newPage();
    const errors = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    await tab.goto(url);
    await tab.waitForFunction(() => document.title.startsWith("answered"), { timeout: 20_000 }).catch(() => {
      throw new Error(`no answer in the page: ${errors.join("; ")}`);
    });
    assert.deepEqual(errors, []);
    // A second connection would be there soon.
    await new Promise((done) => setTimeout(done, 300));
    assert.equal(connections, 1);
  } finally {
    await chrome.close();
    page = undefined;
  }
}

const binary = process.env.SOCKEYE_BINARY;
const noBinary = !binary && "SOCKEYE_BINARY is not set: the path of the binary `sockeye`";

test("package from the address that the README names", { timeout: 120_000, skip: noBinary }, async (t) => {
  const sockeye = spawn(resolve(binary), ["--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => sockeye.kill());
  let address;
  for await (const line of createInterface({ input: sockeye.stdout })) {
    [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (address) break;
  }
  const folder = join(work, "served");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  // No registry answers, and nothing is cached. `--offline` would forbid the request to the server as well.
  const alone = ["--registry", "http://127.0.0.1:1/", "--cache", join(folder, ".npm"), "--fetch-retries", "0"];
  const archive = `${address}/socket.io/sockeye-client.tgz`;
  await run(folder, "npm", "install", archive, "--no-audit", "--no-fund", ...alone);
  const { version } = JSON.parse(readFileSync(join(folder, "node_modules/sockeye-client/package.json"), "utf8"));
  assert.equal(version, JSON.parse(readFileSync(join(browser, "package.json"), "utf8")).version);
  await run(folder, process.execPath, "-e", 'if (require("sockeye-client").protocol !== 5) process.exit(1)');
});

for (const name of chosen) {
  test(`package in a project: ${name}`, { timeout: 300_000 }, async (t) => {
    const folder = join(work, name);
    mkdirSync(folder, { recursive: true });
    // What was installed before is installed faster; what was built is not.
    for (const entry of readdirSync(folder)) if (entry !== "node_modules") rmSync(join(folder, entry), { recursive: true });
    rmSync(join(folder, "node_modules/sockeye-client"), { recursive: true, force: true });
    cpSync(join(here, "projects", name), folder, { recursive: true });
    cpSync(archive, join(folder, "sockeye-client.tgz"));
    const description = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const { page: built, ...manifest } = description;
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    await run(folder, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline");
    await run(folder, "npm", "run", "--silent", "check");
    if (built) await show(t, join(folder, built));
  });
}
