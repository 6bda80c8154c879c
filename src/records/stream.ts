/** All records of a list as NDJSON or CSV. */
import { type ExportShape, exportStream, type StreamFormat } from "../http/export.ts";
import { decideBy, type Fields, shows, type View } from "../grants/view.ts";
import { decodeId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import { recordJson } from "./representation.ts";
import type { RecordType } from "./types.ts";

export { type StreamFormat, streamFormat } from "../http/export.ts";

/**
 * @param view  what its reader may see as it begins: no column that he never may
 * @param next  the page after the one before, empty at the end, and what of its records may be seen by then
 */
export function recordStream(
  type: RecordType,
  view: View,
  format: StreamFormat,
  next: () => Promise<RecordPage>,
): ReadableStream<Uint8Array> {
  const columns = csvColumns(type, view.fields);
  let current = view;
  const shape: ExportShape<StoredRecord> = {
    columns,
    cells: (record) => csvRow(type, current, columns, record),
    line: (record) => recordJson(type, record, fieldsOf(current, record)),
  };
  return exportStream(shape, format, async () => {
    const page = await next();
    current = page.view;
    return page.records;
  });
}

export interface RecordPage {
  records: readonly StoredRecord[];
  view: View;
}

/** The fields of a record that are seen. The record itself is known to be in view. */
export function fieldsOf(view: View, record: Pick<StoredRecord, "data">): Fields {
  const same = view.alternatives.length === 1;
  return same ? view.fields : decideBy(view, JSON.parse(record.data) as Record<string, unknown>).fields;
}

/** `id`, the fields that the type's schema declares, in its order, and the record's times. */
export function csvColumns(type: RecordType, shown: Fields): string[] {
  const seen = declaredFields(type).filter((field) => shows(shown, field));
  return ["id", ...seen, "_created_at", "_modified_at"];
}

/** The fields that a type's schema declares, in its order, `id` aside. */
export function declaredFields({ schema: { properties } }: RecordType): string[] {
  const fields = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return fields.filter((field) => field !== "id");
}

function csvRow(type: RecordType, view: View, columns: readonly string[], record: StoredRecord): unknown[] {
  const data = JSON.parse(record.data) as Record<string, unknown>;
  const { fields } = decideBy(view, data);
  return columns.map((column) => {
    if (column === "id") return decodeId(type.key, record.key);
    if (column === "_created_at") return new Date(record.createdAt).toISOString();
    if (column === "_modified_at") return new Date(record.modifiedAt).toISOString();
    return shows(fields, column) ? data[column] : undefined;
  });
}
