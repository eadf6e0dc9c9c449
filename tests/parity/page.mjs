// The page: which test proves which row. Tests name their rows: `// parity: 1.P1 1.P2` in front of them.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parts, rows } from "./rows.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const PAGE = `${ROOT}docs/reference-parity.md`;

const TAG = /^\s*\/\/ parity: (.+)$/;
const TITLES = [/\bfn (\w+)/, /\b(?:it|test|add|probe|describe)\(\s*"((?:[^"\\]|\\.)+)"/, /\b(?:it|test|add|probe|describe)\(\s*`([^`]+)`/];

/** The first test behind a line: a function's name or a title. */
function title(lines, from) {
  for (const line of lines.slice(from, from + 12)) {
    if (/#\[ignore/.test(line)) throw new Error(`an ignored test proves nothing: ${line}`);
    for (const pattern of TITLES) {
      const found = pattern.exec(line);
      if (found) return found[1].replace(/\\"/g, '"').replace(/\$\{[^}]*(\{[^}]*\})*[^}]*\}/g, "…");
    }
  }
  return undefined;
}

/** All tagged tests of the repository: `{ row, path, test }`. */
export function tagged() {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.rs", "*.mjs"], { cwd: ROOT, encoding: "utf8" }).split("\n");
  return files.filter(Boolean).flatMap((path) => {
    if (path.startsWith("tests/parity/")) return [];
    const lines = readFileSync(ROOT + path, "utf8").split("\n");
    return lines.flatMap((line, at) => {
      const ids = TAG.exec(line)?.[1].split(" ") ?? [];
      return ids.map((row) => ({ row, path, test: title(lines, at + 1) }));
    });
  });
}

const escape = (text) => text.replaceAll("|", "\\|");

/** The tests of a row, by file. */
function proofs(tests) {
  const byPath = new Map();
  for (const { path, test } of tests) byPath.set(path, [...(byPath.get(path) ?? []), test]);
  return [...byPath].map(([path, names]) => {
    const unique = [...new Set(names.filter(Boolean))].map((name) => `\`${escape(name)}\``);
    return `[${path}](../${path})${unique.length > 0 ? `: ${unique.join(", ")}` : ""}`;
  });
}

export function page() {
  const tests = tagged();
  const out = [
    "# What the reference does, and which test shows it here",
    "",
    "socket.io 4.8.4 with engine.io 6.6.12 is the measure. Tests name the rows that they prove (`// parity: 1.P1`); this page",
    "is made of those names by `node tests/parity/write.mjs`, and the suite fails when it is out of date or a row loses its",
    "last test. Tests in `tests/conformance` and `tests/interop` run against the npm packages too; where Sockeye differs on",
    "purpose, `tests/conformance/differences.mjs` says why. A row without a test has the reason for it, in italics.",
  ];
  for (const [part, name] of parts) {
    out.push("", `## ${part}. ${name}`, "", "| row | what | shown by |", "|---|---|---|");
    for (const [id, what, elsewhere] of rows.filter(([id]) => id.startsWith(`${part}.`))) {
      const shown = proofs(tests.filter(({ row }) => row === id));
      out.push(`| ${id} | ${what} | ${shown.join("<br>") || (elsewhere ? `*${elsewhere}*` : "")} |`);
    }
  }
  return `${out.join("\n")}\n`;
}
