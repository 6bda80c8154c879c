/**
 * A backup as a file: a tar, packed by zstd, that can be taken apart without Koppla:
 * `zstd -dc FILE | tar x && sha256sum -c SHA256SUMS`.
 *
 * In this order: `manifest.json`, `database.sqlite`, `koppla.key.age` (where the key was asked for), `SHA256SUMS`.
 */
import { Problem } from "../problem.ts";

export const MANIFEST = "manifest.json";
export const DATABASE = "database.sqlite";
export const KEY = "koppla.key.age";
export const SUMS = "SHA256SUMS";

export const ENDING = ".kopplabackup";

/** It moves when an older Koppla could no longer read the file. */
export const FORMAT = 1;

export interface Manifest {
  format: number;
  /** The Koppla that made it. */
  koppla: string;
  /** ISO 8601. */
  created_at: string;
  /** What it was made of; inside it is SQLite's in both cases. */
  database: "sqlite" | "postgres";
  /** The names of those that it has had, oldest first. */
  migrations: string[];
  /** How many rows each table has. */
  rows: Record<string, number>;
  /** Bytes. */
  members: Record<string, number>;
}

/** @throws Problem `invalid` where it is none, or of a format that is yet to come */
export function parseManifest(text: string): Manifest {
  let found: Partial<Manifest>;
  try {
    found = JSON.parse(text) as Partial<Manifest>;
  } catch {
    throw notOne("its manifest cannot be read");
  }
  const { format, koppla, created_at, migrations, rows, members } = found;
  if (typeof format !== "number" || typeof koppla !== "string" || typeof created_at !== "string")
    throw notOne("its manifest says too little");
  if (format > FORMAT)
    throw new Problem(
      "invalid",
      `It was made by koppla ${koppla}, in a form that this version does not know.`,
    );
  if (!Array.isArray(migrations) || typeof rows !== "object" || typeof members !== "object")
    throw notOne("its manifest says too little");
  return { format, koppla, created_at, migrations, rows, members, database: found.database ?? "sqlite" };
}

export function notOne(why: string): Problem {
  return new Problem("invalid", `The file is no whole backup: ${why}.`);
}

/** `koppla-20261121T190500Z.kopplabackup`. @param now  milliseconds since 1970 */
export function nameAt(now: number): string {
  return `koppla-${new Date(now).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "")}${ENDING}`;
}

/** When a backup was made whose name is as {@link nameAt} has it, milliseconds since 1970; else undefined. */
export function timeOf(name: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^koppla-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.kopplabackup$/.exec(name) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}
