/** A record as it is sent: its data, flat, with `id` first and `_meta` last. Built from stored text, not re-parsed. */
import type { Fields } from "../grants/view.ts";
import { Problem } from "../problem.ts";
import type { Precondition } from "./service.ts";
import { decodeId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import type { RecordType } from "./types.ts";

/**
 * JSON text of a record.
 * @param fields  those that its reader may see; who wrote it is for those who may see all
 */
export function recordJson(type: RecordType, record: StoredRecord, fields: Fields = "all"): string {
  const id = JSON.stringify(decodeId(type.key, record.key));
  const modified = new Date(record.modifiedAt).toISOString();
  const created =
    record.createdAt === record.modifiedAt ? modified : new Date(record.createdAt).toISOString();
  const author = fields === "all" ? authorJson(record) : "";
  const meta = `"_meta":{"version":${record.version},"created_at":"${created}","modified_at":"${modified}"${author}}`;
  const data = dataJson(record.data, fields).slice(1, -1);
  return data === "" ? `{"id":${id},${meta}}` : `{"id":${id},${data},${meta}}`;
}

function authorJson({ subject, actor }: StoredRecord): string {
  if (subject === null) return "";
  const by = `,"modified_by":${JSON.stringify(subject)}`;
  return actor === null ? by : `${by},"actor":${JSON.stringify(actor)}`;
}

/** What of a record's data is seen. @param data  its JSON text, without `id` */
export function dataJson(data: string, fields: Fields): string {
  if (fields === "all") return data;
  const all = Object.entries(JSON.parse(data) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(all.filter(([name]) => fields.has(name))));
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
