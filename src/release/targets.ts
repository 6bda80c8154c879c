/** The systems that a release is made for, and Bun for each: the same version as the one that builds. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Target } from "../build.ts";
import { lockedPackages } from "./lockfile.ts";
import { run } from "./run.ts";

export interface System {
  /** In file names. */
  id: string;
  /** As Bun names it. */
  name: Bun.Build.CompileTarget;
  /** The npm package that has Bun for it. */
  oven: string;
  /** As Debian names its architecture; undefined where there is no package. */
  debian?: "amd64" | "arm64";
  /** Whether what is compiled ahead on x64 was seen to run there: it is not for one architecture alone. */
  bytecode: boolean;
}

export const systems: readonly System[] = [
  { id: "linux-x64", name: "bun-linux-x64", oven: "@oven/bun-linux-x64", debian: "amd64", bytecode: true },
  {
    id: "linux-arm64",
    name: "bun-linux-arm64",
    oven: "@oven/bun-linux-aarch64",
    debian: "arm64",
    bytecode: true,
  },
  { id: "linux-x64-musl", name: "bun-linux-x64-musl", oven: "@oven/bun-linux-x64-musl", bytecode: false },
  {
    id: "linux-arm64-musl",
    name: "bun-linux-arm64-musl",
    oven: "@oven/bun-linux-aarch64-musl",
    bytecode: false,
  },
  { id: "macos-x64", name: "bun-darwin-x64", oven: "@oven/bun-darwin-x64", bytecode: false },
  { id: "macos-arm64", name: "bun-darwin-arm64", oven: "@oven/bun-darwin-aarch64", bytecode: false },
  { id: "windows-x64", name: "bun-windows-x64", oven: "@oven/bun-windows-x64", bytecode: false },
  { id: "windows-arm64", name: "bun-windows-arm64", oven: "@oven/bun-windows-aarch64", bytecode: false },
];

/**
 * @param folder  where Bun for other systems is kept between releases
 * @throws Error where it cannot be had, or is not what the lock file says
 */
export async function targetOf(system: System, folder: string): Promise<Target> {
  const bun =
    system.id === `${process.platform}-${process.arch}` ? process.execPath : await fetched(system, folder);
  return { name: system.name, bun, bytecode: system.bytecode };
}

/** By npm, so that a mirror and a proxy that are set for it are used. */
async function fetched({ id, oven, name }: System, folder: string): Promise<string> {
  const kept = join(folder, `${id}-${Bun.version}`);
  const bun = join(kept, "package/bin", name.includes("windows") ? "bun.exe" : "bun");
  if (existsSync(bun)) return bun;
  const part = `${kept}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  const packed = await run(["npm", "pack", "--silent", `${oven}@${Bun.version}`, "--pack-destination", part]);
  const archive = join(part, packed.trim().split("\n").at(-1) ?? "");
  const expected = (await lockedPackages()).get(oven)?.integrity;
  const found = `sha512-${createHash("sha512")
    .update(await readFile(archive))
    .digest("base64")}`;
  if (found !== expected) throw new Error(`${archive} is not what bun.lock says: ${found}, not ${expected}`);
  await run(["tar", "-xzf", archive, "-C", part]);
  await rm(archive);
  await rename(part, kept);
  return bun;
}
