/** How much room there is, told before anything is written. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

import { Problem } from "../problem.ts";

/** Bytes that may be written to where `file` will stand. */
export function freeFor(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize;
}

/**
 * @param what  such as `The copy of the database`
 * @param needed  bytes
 * @throws Problem `storage_full` that says how much is missing
 */
export function needRoom(file: string, needed: number, what: string): void {
  const free = freeFor(file);
  if (free >= needed) return;
  throw new Problem(
    "storage_full",
    `${what} needs ${sizeText(needed)} in ${dirname(file)}, where ${sizeText(free)} are free. Nothing was written.`,
  );
}

/** `1.3 GB`, `12.0 MB`; of 1024. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let size = bytes;
  let at = 0;
  while (size >= 1024 && at < units.length - 1) {
    size /= 1024;
    at++;
  }
  return `${at === 0 ? size : size.toFixed(1)} ${units[at]}`;
}

/** Whether something failed for want of room on the disk, SQLite's words included. */
export function isFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL") return true;
  // VACUUM INTO says it as an error of its target.
  return error instanceof Error && /database or disk is full/.test(error.message);
}
