/**
 * Makes a release in `dist/release`: `npm run release`, or `bun src/release.ts [SYSTEM...]` for some systems only.
 *
 * An archive for each system with the executable, manual page and completions; Debian packages; an SBOM
 * (CycloneDX); SHA256SUMS of all of it. Bun for the other systems is fetched as npm packages, once.
 *
 * What is compiled ahead (bytecode) is not for one architecture alone: made on x64 it starts on arm64 as well, with a
 * third less CPU than without. Where that was not seen, it is left out, and a start takes longer.
 */
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildExecutable, packAssets, root } from "./build.ts";
import { allCommands } from "./cli/commands.ts";
import { makeDeb, releaseTime } from "./release/deb.ts";
import { run } from "./release/run.ts";
import { sbom } from "./release/sbom.ts";
import { type System, systems, targetOf } from "./release/targets.ts";
import { completionScript, shells } from "./service/completion.ts";
import { manPage } from "./service/man-page.ts";
import { version } from "./version.ts";

const folder = join(root, "dist/release");
const ovens = join(root, "dist/ovens");

const wanted = process.argv.slice(2);
const unknown = wanted.filter((id) => !systems.some((system) => system.id === id));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}; there are ${systems.map(({ id }) => id).join(", ")}.`);
  process.exit(2);
}

const time = await releaseTime();
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await packAssets();
for (const system of systems) if (wanted.length === 0 || wanted.includes(system.id)) await release(system);
await writeFile(join(folder, `koppla-${version}.cdx.json`), await sbom(time));
await writeFile(join(folder, "SHA256SUMS"), await sums());
console.log(`dist/release: ${(await readdir(folder)).length} files`);

async function release(system: System): Promise<void> {
  const started = performance.now();
  const name = `koppla-${version}-${system.id}`;
  const work = await mkdtemp(join(tmpdir(), "koppla-release-"));
  try {
    const tree = join(work, name);
    await mkdir(tree);
    const executable = join(tree, system.id.startsWith("windows") ? "koppla.exe" : "koppla");
    // Bun writes to where it works, and renames from there.
    const built = join(root, "dist", `${name}${executable.endsWith(".exe") ? ".exe" : ""}`);
    await buildExecutable(built, await targetOf(system, ovens));
    await copyFile(built, executable);
    await chmod(executable, 0o755);
    await rm(built);
    await copyFile(join(root, "LICENSE"), join(tree, "LICENSE"));
    if (!system.id.startsWith("windows")) await addManual(tree);
    await pack(work, name);
    const made = [`${name}.tar.gz`];
    if (system.debian !== undefined) {
      const deb = await makeDeb({ executable, architecture: system.debian, folder, compressed: true, time });
      made.push(deb.slice(folder.length + 1));
    }
    console.log(`${made.join(", ")} in ${Math.round((performance.now() - started) / 1000)} s`);
  } finally {
    await rm(work, { recursive: true });
  }
}

async function addManual(tree: string): Promise<void> {
  const commands = await allCommands();
  await writeFile(join(tree, "koppla.1"), manPage(commands));
  for (const shell of shells)
    await writeFile(join(tree, `completion.${shell}`), completionScript(shell, commands));
}

/** The same sources make the same archive. */
async function pack(work: string, name: string): Promise<void> {
  const plain = [
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    `--mtime=@${time.getTime() / 1000}`,
  ];
  await run(["tar", "-C", work, ...plain, "-czf", join(folder, `${name}.tar.gz`), name]);
}

/** As `sha256sum -c` reads them. */
async function sums(): Promise<string> {
  const lines: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const hash = createHash("sha256").update(await readFile(join(folder, file)));
    lines.push(`${hash.digest("hex")}  ${file}\n`);
  }
  return lines.join("");
}
