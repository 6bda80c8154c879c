/**
 * Builds `dist/koppla`: `bun src/build.ts`.
 *
 * Identifiers are never minified: Elysia compares class names, and minified its query validation silently stops.
 * Nothing is read from the working directory of the running program (`autoload...: false`).
 *
 * The Bun inside the executable still heeds three variables: BUN_BE_BUN=1 makes it the plain `bun` command,
 * BUN_OPTIONS adds flags (profiling), BUN_INSPECT opens a debugger. That is left so: whoever sets the environment of a
 * process can replace the executable as well (LD_PRELOAD does), and profiling in place is worth having.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { ASSET_TREES, WORKERS } from "./assets.ts";
import { packConsole } from "./console/pack.ts";
import { packSwaggerUi } from "./http/openapi/swagger-ui.ts";

const STARTUP_JIT_POLICY = 32;

const root = join(import.meta.dir, "..");
const outfile = join(root, "dist/koppla");

mkdirSync(join(root, "dist"), { recursive: true });

// Paths below are from the root.
process.chdir(root);
const started = performance.now();
await Promise.all([packSwaggerUi(root), packConsole(root)]);
// Bun writes aside and renames: a server that runs keeps its file, and a build that fails leaves the last one.
const result = await Bun.build({
  root: "src",
  entrypoints: ["src/main.ts", ...WORKERS.map((worker) => `src/${worker}`).filter(existsSync)],
  target: "bun",
  format: "esm",
  bytecode: true,
  // What is only `import()`ed is read when it is: 10 ms less for every start.
  splitting: true,
  sourcemap: "linked",
  minify: false,
  compile: {
    outfile: "dist/koppla",
    assets: ASSET_TREES.filter(existsSync),
    autoloadDotenv: false,
    autoloadBunfig: false,
    // What runs once at start is not worth compiling: 45 ms instead of 62, 46 ms of CPU instead of 85, to read a
    // configuration and print it. main.ts sets it back.
    jitPolicy: STARTUP_JIT_POLICY,
  },
});
for (const message of result.logs) console.error(message);
if (!result.success) process.exit(1);
const size = Bun.file(outfile).size / 1e6;
console.log(`dist/koppla: ${size.toFixed(1)} MB in ${Math.round(performance.now() - started)} ms`);
