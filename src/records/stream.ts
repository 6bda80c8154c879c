/** All records of a list as NDJSON or CSV. */
import { type ExportShape, exportStream, type StreamFormat } from "../http/export.ts";
import { decodeId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import { recordJson } from "./representation.ts";
import type { RecordType } from "./types.ts";

export { type StreamFormat, streamFormat } from "../http/export.ts";

/**
 * @param next  the page after the one before; empty at the end
 */
export function recordStream(
  type: RecordType,
  format: StreamFormat,
  next: () => Promise<StoredRecord[]>,
): ReadableStream<Uint8Array> {
  const columns = csvColumns(type);
  const shape: ExportShape<StoredRecord> = {
    columns,
    cells: (record) => csvRow(type, columns, record),
    line: (record) => recordJson(type, record),
  };
  return exportStream(shape, format, next);
}

/** `id`, the fields that the type's schema declares, in its order, and the record's times. */
function csvColumns(type: RecordType): string[] {
  const { properties } = type.schema;
  const fields = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return ["id", ...fields.filter((field) => field !== "id"), "_created_at", "_modified_at"];
}

function csvRow(type: RecordType, columns: readonly string[], record: StoredRecord): unknown[] {
  const data = JSON.parse(record.data) as Record<string, unknown>;
  return columns.map((column) => {
    if (column === "id") return decodeId(type.key, record.key);
    if (column === "_created_at") return new Date(record.createdAt).toISOString();
    if (column === "_modified_at") return new Date(record.modifiedAt).toISOString();
    return data[column];
  });
}
