/** How two databases are held against each other: the number of a table's rows, and a sum over all of them. */
import type { Row } from "./tables.ts";

export interface TableDigest {
  rows: number;
  /** Of the rows in any order, 32 hexadecimal digits: equal where the rows are. */
  content: string;
}

/** By the table's name. */
export type Digests = Record<string, TableDigest>;

const MASK = (1n << 128n) - 1n;

/** The sum, modulo 2^128, of a SHA-256 of each row: it does not depend on the order that a database reads them in. */
export class Digest {
  #rows = 0;
  #sum = 0n;

  add(row: Row): void {
    const text = row.some(isBytes) ? spelled(row) : JSON.stringify(row);
    this.#rows++;
    this.#sum = (this.#sum + BigInt(`0x${sha256(text).slice(0, 32)}`)) & MASK;
  }

  get result(): TableDigest {
    return { rows: this.#rows, content: this.#sum.toString(16).padStart(32, "0") };
  }
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

/** Bytes as their own hash: as JSON they would be a list of numbers. */
function spelled(row: Row): string {
  return JSON.stringify(row.map((value) => (isBytes(value) ? { bytes: sha256(value) } : value)));
}

function sha256(data: string | Uint8Array): string {
  return Bun.CryptoHasher.hash("sha256", data, "hex");
}

/** The tables that differ, with what each side has; none where the two are equal. */
export function differences(one: Digests, other: Digests): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].sort().flatMap((table) => {
    const [a, b] = [one[table], other[table]];
    if (a && b && a.rows === b.rows && a.content === b.content) return [];
    if (a?.rows === b?.rows) return [`${table}: as many rows, but not the same ones`];
    return [`${table}: ${a?.rows ?? 0} rows became ${b?.rows ?? 0}`];
  });
}
