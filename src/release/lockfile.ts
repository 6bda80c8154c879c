/** What bun.lock says: which packages there are, and which of them are in what is shipped. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { root } from "../build.ts";

export interface LockedPackage {
  /** Where it is among the others: `a`, or `a/b` for the `b` that is only for `a`. */
  key: string;
  name: string;
  version: string;
  /** `sha512-` and base64. */
  integrity: string;
  /** Names; which package each means is for {@link shippedPackages} to say. */
  dependencies: string[];
}

interface Lockfile {
  workspaces: Record<string, { dependencies?: Record<string, string> }>;
  packages: Record<string, [string, string, Wants, string]>;
}
interface Wants {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalPeers?: string[];
}

/** By their keys. */
export async function lockedPackages(): Promise<Map<string, LockedPackage>> {
  const all = Object.entries((await lockfile()).packages).map(([key, [id, , wants, integrity]]) => {
    const at = id.lastIndexOf("@");
    const { dependencies = {}, peerDependencies = {}, optionalPeers = [] } = wants;
    const peers = Object.keys(peerDependencies).filter((name) => !optionalPeers.includes(name));
    const found: LockedPackage = {
      ...{ key, name: id.slice(0, at), version: id.slice(at + 1), integrity },
      dependencies: [...new Set([...Object.keys(dependencies), ...peers])],
    };
    return [key, found] as const;
  });
  return new Map(all);
}

export interface Shipped {
  /** What the product itself asks for. */
  direct: LockedPackage[];
  /** All of them; for each, what it asks for. */
  all: Map<LockedPackage, LockedPackage[]>;
}

/** The dependencies and all of theirs: what development alone needs is not shipped. */
export async function shippedPackages(): Promise<Shipped> {
  const packages = await lockedPackages();
  const asked = Object.keys((await lockfile()).workspaces[""]?.dependencies ?? {});
  const direct = asked.map((name) => foundFrom(packages, "", name)).filter((one) => one !== undefined);
  const all: Shipped["all"] = new Map();
  const left = [...direct];
  for (let one = left.pop(); one; one = left.pop()) {
    if (all.has(one)) continue;
    const { key, dependencies } = one;
    const below = dependencies.map((name) => foundFrom(packages, key, name)).filter((it) => it !== undefined);
    all.set(one, below);
    left.push(...below);
  }
  return { direct, all };
}

/** As Node looks for a package: first what is only for this one, then outwards. Undefined for one that is not installed. */
function foundFrom(
  packages: Map<string, LockedPackage>,
  key: string,
  name: string,
): LockedPackage | undefined {
  for (let path = namesOf(key); ; path = path.slice(0, -1)) {
    const found = packages.get([...path, name].join("/"));
    if (found || path.length === 0) return found;
  }
}

/** Where a package is installed, from the root. */
export function folderOf({ key }: LockedPackage): string {
  return namesOf(key)
    .map((name) => `node_modules/${name}`)
    .join("/");
}

/** `@a/b/c` are the packages `@a/b` and `c`. */
function namesOf(key: string): string[] {
  return key.match(/@[^/]+\/[^/]+|[^/]+/g) ?? [];
}

async function lockfile(): Promise<Lockfile> {
  return Bun.JSONC.parse(await readFile(join(root, "bun.lock"), "utf8")) as Lockfile;
}
