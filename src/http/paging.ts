/** Keyset pages: the cursor says where the last page ended, and for which list it was made. */
import { createHash } from "node:crypto";

import { invalid } from "../problem.ts";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/**
 * @param list  names the list with its filters and order; another list refuses the cursor
 * @param position  the values of the order's columns in the last row
 */
export function encodeCursor(list: string, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([listTag(list), ...position])).toString("base64url");
}

/** @returns the position @throws Problem `invalid` when the cursor is not one, or of another list */
export function decodeCursor(
  list: string,
  cursor: string,
  types: readonly ("string" | "number")[],
): (string | number)[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    parts = undefined;
  }
  if (!Array.isArray(parts) || parts.length !== types.length + 1) {
    throw invalid("cursor", "is not a cursor; take the next_cursor of the page before");
  }
  const [tag, ...position] = parts as unknown[];
  if (tag !== listTag(list) || position.some((value, index) => typeof value !== types[index])) {
    throw invalid("cursor", "is a cursor of another list; keep the filters and the order while paging");
  }
  return position as (string | number)[];
}

function listTag(list: string): string {
  return createHash("sha256").update(list).digest("base64url").slice(0, 8);
}
