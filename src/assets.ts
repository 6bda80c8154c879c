/**
 * Files and workers that travel inside the executable, found the same way when run from source.
 *
 * In a compiled file every embedded tree stands under one root by its last name (`db/sqlite` is `ROOT/sqlite`), and
 * entry points keep their place under `src`. `import.meta.dir` is that root in the main program, but the worker's own
 * folder in a worker, so the root is cut out of it.
 */
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Folders that `build.ts` embeds, from the repository's root. */
export const ASSET_TREES = ["db/sqlite", "db/postgres", "dist/assets"] as const;

/** Entry points of workers that `build.ts` embeds, from `src`. */
export const WORKERS = [
  "store/sqlite/checkpoint-worker.ts",
  "store/sqlite/aside-worker.ts",
  "backup/backup-worker.ts",
] as const;

const compiledRoot = import.meta.dir.replace(/([/\\](?:\$bunfs|~BUN)[/\\]root)\b.*$/, "$1");

/**
 * The path of an embedded file or folder, readable by `node:fs` and `Bun.file`.
 * @param path  from the repository's root, such as `db/sqlite`; it must be in one of {@link ASSET_TREES}
 */
export function assetPath(path: string): string {
  const tree = ASSET_TREES.find((known) => path === known || path.startsWith(`${known}/`));
  if (tree === undefined) throw new Error(`${path} is in no embedded folder`);
  if (!Bun.isStandaloneExecutable) return join(import.meta.dir, "..", path);
  return join(compiledRoot, basename(tree), path.slice(tree.length));
}

/**
 * The URL to give to `new Worker`. Always absolute: Bun looks for a relative one in the working directory too.
 * @param path  one of {@link WORKERS}
 */
export function workerUrl(path: (typeof WORKERS)[number]): string {
  return pathToFileURL(join(Bun.isStandaloneExecutable ? compiledRoot : import.meta.dir, path)).href;
}
