/**
 * A socket in the file system to listen on. A process that was killed leaves its socket behind, and nobody can listen
 * there until it is removed; one that is listened on is somebody else's.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync, type Stats } from "node:fs";
import { dirname } from "node:path";

import { Problem } from "../problem.ts";

/**
 * Makes the path free: removes a socket on which nobody listens.
 * @throws Problem `conflict` where somebody listens, or where there is something else than a socket
 */
export async function claimSocket(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const found = look(path);
  if (!found) return;
  if (!found.isSocket())
    throw new Problem(
      "conflict",
      `${path} is no socket: it is not touched. Move it away, or choose another path.`,
    );
  if (await isListened(path))
    throw new Problem(
      "conflict",
      `Another program listens on ${path}. End it first, or choose another path.`,
    );
  rmSync(path, { force: true });
}

/** Who may open it: between its making and this, nobody but the process's own user (see {@link privately}). */
export function openTo(path: string, mode: number): void {
  chmodSync(path, mode);
}

/** Runs `make` so that what it makes is its owner's alone. */
export function privately<R>(make: () => R): R {
  const before = process.umask(0o177);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

async function isListened(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data() {} } });
    socket.end();
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // Whoever may not open it cannot know: it is left alone.
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  }
}
