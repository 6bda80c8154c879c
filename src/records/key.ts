/**
 * Ids and field values as text whose byte order is their natural order, so that one kind of index and one kind of
 * keyset page serves integers and strings, on SQLite and on PostgreSQL (`COLLATE "C"`).
 */
import { createHash } from "node:crypto";

import { invalid } from "../problem.ts";

export type KeyKind = "integer" | "string" | "uuid";
export type RecordId = number | string;

const MAX_STRING_ID = 200;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CONTROL = /\p{Cc}/u;

/**
 * Integers sort by their number of digits, then by the digits: 7 is `a7`, 345345 is `f345345`. Negative ones come
 * first, with everything reversed: -12 is `-o87`.
 */
function integerKey(value: number): string {
  const digits = String(Math.abs(value));
  if (value >= 0) return String.fromCharCode(96 + digits.length) + digits;
  return `-${String.fromCharCode(113 - digits.length)}${digits.replace(/\d/g, (digit) => String(9 - Number(digit)))}`;
}

/**
 * @param kind  how the type's ids look (`key:` in the YAML)
 * @param id  as it came in JSON
 * @param field  its place in the input, for the message
 * @throws Problem `invalid` when the id does not fit
 */
export function encodeId(kind: KeyKind, id: unknown, field = "id"): string {
  switch (kind) {
    case "integer":
      if (typeof id === "number" && Number.isSafeInteger(id)) return integerKey(id === 0 ? 0 : id);
      throw invalid(field, "must be an integer between -(2^53 - 1) and 2^53 - 1");
    case "uuid":
      if (typeof id === "string" && UUID.test(id)) return id.toLowerCase();
      throw invalid(field, "must be a UUID");
    case "string":
      if (typeof id !== "string" || id === "") throw invalid(field, "must be a string that is not empty");
      if (id.length > MAX_STRING_ID) throw invalid(field, `must have at most ${MAX_STRING_ID} characters`);
      if (CONTROL.test(id) || !id.isWellFormed()) throw invalid(field, "must not contain control characters");
      return id;
  }
}

/** An id from a path or a query, where everything is text. @throws Problem `invalid` */
export function encodeIdText(kind: KeyKind, text: string, field = "id"): string {
  if (kind !== "integer") return encodeId(kind, text, field);
  return encodeId(kind, /^-?(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : text, field);
}

/** The id of an encoded key, as it is written in JSON. */
export function decodeId(kind: KeyKind, key: string): RecordId {
  if (kind !== "integer") return key;
  if (!key.startsWith("-")) return Number(key.slice(1));
  return -Number(key.slice(2).replace(/\d/g, (digit) => String(9 - Number(digit))));
}

const float = new DataView(new ArrayBuffer(8));
const MAX_VALUE = 200;

/** Stands for a value that is missing, null, an object or a list: sorts last and equals no filter's text. */
export const NO_VALUE = "~";

/**
 * A field's value for the filter index.
 * Strings above 200 characters keep their beginning for the order and a hash for equality.
 */
export function encodeValue(value: unknown): string {
  switch (typeof value) {
    case "string": {
      const text = value.replaceAll("\0", "\ufffd");
      if (text.length <= MAX_VALUE) return `s${text}`;
      return `s${text.slice(0, MAX_VALUE).toWellFormed()}#${createHash("sha256").update(text).digest("hex")}`;
    }
    case "number": {
      // IEEE 754 bits, sign flipped, sort like the numbers they stand for.
      float.setFloat64(0, value === 0 ? 0 : value);
      const bits = float.getBigUint64(0);
      const flipped = bits >> 63n ? ~bits & 0xffff_ffff_ffff_ffffn : bits | 0x8000_0000_0000_0000n;
      return `n${flipped.toString(16).padStart(16, "0")}`;
    }
    case "boolean":
      return value ? "b1" : "b0";
    default:
      return NO_VALUE;
  }
}
