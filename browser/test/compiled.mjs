import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Imports a module of `src`, compiled. */
export async function compiled(path) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`src/${path}`],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2020",
    platform: "node",
    define: { LOG: "true", NODE: "false" },
  });
  return import("data:text/javascript;base64," + Buffer.from(outputFiles[0].contents).toString("base64"));
}
