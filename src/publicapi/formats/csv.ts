/** A pull's answer in CSV (RFC 4180): the columns are the fields that the type declares and the caller may see. */
import { stringify } from "csv-stringify/sync";

import { shows, type View } from "../../grants/view.ts";
import { cell } from "../../http/export.ts";
import { isoTime } from "../../http/query.ts";
import { decodeId } from "../../records/key.ts";
import { declaredFields } from "../../records/stream.ts";
import type { Answer } from "./json.ts";

export function csvText({ type, pull, found }: Answer, view: View): string {
  const fields = declaredFields(type).filter((field) => shows(view.fields, field));
  const meta = pull.verbose ? ["_created_at", "_modified_at"] : [];
  const rows = found.records.map(({ record, fields: seen }) => {
    const data = JSON.parse(record.data) as Record<string, unknown>;
    const times = pull.verbose ? [isoTime(record.createdAt), isoTime(record.modifiedAt)] : [];
    return [
      decodeId(type.key, record.key),
      ...fields.map((field) => (shows(seen, field) ? data[field] : undefined)),
      ...times,
    ].map(cell);
  });
  return stringify([["id", ...fields, ...meta].map(cell), ...rows]);
}
