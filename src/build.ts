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
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { ASSET_TREES, WORKERS } from "./assets.ts";
import { packConsole } from "./console/pack.ts";
import { packSwaggerUi } from "./http/openapi/swagger-ui.ts";

const STARTUP_JIT_POLICY = 32;
/** Files' times are those of the last tick of the clock, which may lie so far back. */
const CLOCK_MS = 1_000;

export const root = join(import.meta.dir, "..");

/** For another system than this one. */
export interface Target {
  /** As Bun names it: `bun-linux-arm64-musl`. */
  name: Bun.Build.CompileTarget;
  /** Bun for it, absolute. */
  bun: string;
  /** Whether what this Bun has compiled can be used there. */
  bytecode: boolean;
}

/** Console and API page, the same for every executable. Paths are from the root, which becomes the working directory. */
export async function packAssets(): Promise<void> {
  mkdirSync(join(root, "dist"), { recursive: true });
  process.chdir(root);
  await Promise.all([packSwaggerUi(root), packConsole(root)]);
}

/**
 * Makes an executable; {@link packAssets} must have run. Bun writes aside and renames: a server that runs keeps its
 * file, and a build that fails leaves the last one.
 * @param outfile  absolute
 * @param target  without it, for this system
 * @throws Error with what is wrong with the sources
 */
export async function buildExecutable(outfile: string, target?: Target): Promise<void> {
  const folder = dirname(outfile);
  mkdirSync(folder, { recursive: true });
  const begun = Date.now();
  const result = await Bun.build({
    root: "src",
    entrypoints: ["src/main.ts", ...WORKERS.map((worker) => `src/${worker}`).filter(existsSync)],
    target: "bun",
    format: "esm",
    bytecode: target?.bytecode ?? true,
    // What is only `import()`ed is read when it is: 10 ms less for every start.
    splitting: true,
    sourcemap: "linked",
    minify: false,
    compile: {
      outfile: relative(root, outfile),
      assets: ASSET_TREES.filter(existsSync),
      autoloadDotenv: false,
      autoloadBunfig: false,
      // What runs once at start is not worth compiling: 45 ms instead of 62, 46 ms of CPU instead of 85, to read a
      // configuration and print it. main.ts sets it back.
      jitPolicy: STARTUP_JIT_POLICY,
      ...(target && { target: target.name, executablePath: target.bun }),
    },
  });
  for (const message of result.logs) console.error(message);
  if (!result.success) throw new Error(`${outfile} could not be built`);
  // Their names have hashes: those of earlier builds would stay.
  for (const map of readdirSync(folder).filter((name) => name.endsWith(".map")))
    if (statSync(join(folder, map)).mtimeMs < begun - CLOCK_MS) rmSync(join(folder, map));
}

if (import.meta.main) {
  const outfile = join(root, "dist/koppla");
  const started = performance.now();
  await packAssets();
  await buildExecutable(outfile);
  const size = Bun.file(outfile).size / 1e6;
  console.log(`dist/koppla: ${size.toFixed(1)} MB in ${Math.round(performance.now() - started)} ms`);
}
