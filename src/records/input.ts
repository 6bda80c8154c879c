/** A record as it comes in: taken apart, held against its type, and written as it is stored. */
import { invalid, Problem, type Violation } from "../problem.ts";
import { decodeId } from "./key.ts";
import type { RecordType } from "./types.ts";

export type JsonObject = Record<string, unknown>;

/** One record's JSON may be this long, in characters. */
const MAX_RECORD = 1_000_000;

/** A record as it came: its id, and its data without what is ours (`_meta`). */
export function split(body: JsonObject): { id: unknown; data: JsonObject } {
  const { id, _meta, ...data } = body;
  return { id: id === null ? undefined : id, data };
}

/** @returns the data as it is stored @throws Problem `invalid` with every violation of the type's schema */
export function valid(type: RecordType, key: string | undefined, data: JsonObject, at = ""): string {
  const id = type.declaresId && key !== undefined ? decodeId(type.key, key) : undefined;
  const violations = type.violations(id, data, at);
  if (violations.length > 0) {
    throw new Problem("invalid", `The ${type.object} does not fit its type.`, { violations });
  }
  const text = JSON.stringify(data);
  if (text.length > MAX_RECORD) throw invalid(at, `must have at most ${MAX_RECORD} characters as JSON`);
  return text;
}

export function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws what is no problem with the input */
export function violationsOf(error: unknown): Violation[] {
  if (!(error instanceof Problem) || error.violations.length === 0) throw error;
  return [...error.violations];
}
