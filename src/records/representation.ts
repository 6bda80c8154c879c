/** A record as it is sent: its data, flat, with `id` first and `_meta` last. Built from stored text, not re-parsed. */
import type { Precondition } from "./service.ts";
import { Problem } from "../problem.ts";
import { decodeId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import type { RecordType } from "./types.ts";

/** JSON text of a record. */
export function recordJson(type: RecordType, record: StoredRecord): string {
  const id = JSON.stringify(decodeId(type.key, record.key));
  const modified = new Date(record.modifiedAt).toISOString();
  const created =
    record.createdAt === record.modifiedAt ? modified : new Date(record.createdAt).toISOString();
  const meta = `"_meta":{"version":${record.version},"created_at":"${created}","modified_at":"${modified}"}`;
  const data = record.data.slice(1, -1);
  return data === "" ? `{"id":${id},${meta}}` : `{"id":${id},${data},${meta}}`;
}

/** A strong validator. The time keeps a record that was removed and made again from looking like the old one. */
export function etag(record: StoredRecord): string {
  return `"${record.version}-${record.modifiedAt.toString(36)}"`;
}

/** The path of a record, as in `Location` and in the `url` of changes. */
export function recordPath(type: RecordType, key: string): string {
  const id = decodeId(type.key, key);
  return `/api/v1/${type.name}/${typeof id === "number" ? id : encodeURIComponent(id)}`;
}

function matches(header: string, record: StoredRecord | undefined): boolean {
  if (!record) return false;
  const tag = etag(record);
  return header
    .split(",")
    .map((part) => part.trim())
    .some((part) => part === "*" || part.replace(/^W\//, "") === tag);
}

/** `If-Match` and `If-None-Match` of a changing request, RFC 9110 section 13.1. */
export function precondition(request: Request): Precondition | undefined {
  const ifMatch = request.headers.get("if-match");
  const ifNoneMatch = request.headers.get("if-none-match");
  if (ifMatch === null && ifNoneMatch === null) return undefined;
  return (current) => {
    if (ifMatch !== null && !matches(ifMatch, current)) {
      throw new Problem("precondition_failed", "The record is not in the version that If-Match names.");
    }
    if (ifNoneMatch !== null && matches(ifNoneMatch, current)) {
      throw new Problem("precondition_failed", "There is a record that If-None-Match excludes.");
    }
  };
}

/** Whether a `GET` may be answered with 304. */
export function notModified(request: Request, record: StoredRecord): boolean {
  const header = request.headers.get("if-none-match");
  return header !== null && matches(header, record);
}
