/** A whole list as NDJSON or CSV, page by page as fast as the client reads: memory stays at a page's size. */
import { stringify } from "csv-stringify/sync";

import { decodeId } from "./key.ts";
import type { StoredRecord } from "./queries.ts";
import { recordJson } from "./representation.ts";
import type { RecordType } from "./types.ts";

export type StreamFormat = "application/x-ndjson" | "text/csv";

/** The format that an `Accept` header asks for; undefined is JSON, in pages. */
export function streamFormat(accept: string | null): StreamFormat | undefined {
  if (accept === null || accept === "*/*") return undefined;
  const wanted = accept.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  return (["application/x-ndjson", "text/csv"] as const).find((format) => wanted.includes(format));
}

/**
 * @param next  the page after the one before; empty at the end
 */
export function recordStream(
  type: RecordType,
  format: StreamFormat,
  next: () => Promise<StoredRecord[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const csv = format === "text/csv";
  const columns = csvColumns(type);
  let started = false;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        // SQLite answers within the turn: without this a quick reader would hold the event loop to the end.
        await new Promise((resolve) => setImmediate(resolve));
        const page = await next();
        let text = "";
        if (csv) {
          if (!started) text += stringify([columns]);
          text += stringify(page.map((record) => csvRow(type, columns, record)));
        } else for (const record of page) text += `${recordJson(type, record)}\n`;
        started = true;
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (page.length === 0) controller.close();
      } catch (error) {
        // The status is long sent: a stream that breaks off tells the client that it is not whole.
        controller.error(error);
      }
    },
  });
}

/** `id`, the fields that the type's schema declares, in its order, and the record's times. */
function csvColumns(type: RecordType): string[] {
  const { properties } = type.schema;
  const fields = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return ["id", ...fields.filter((field) => field !== "id"), "_created_at", "_modified_at"];
}

function csvRow(type: RecordType, columns: readonly string[], record: StoredRecord): string[] {
  const data = JSON.parse(record.data) as Record<string, unknown>;
  return columns.map((column) => {
    if (column === "id") return cell(decodeId(type.key, record.key));
    if (column === "_created_at") return new Date(record.createdAt).toISOString();
    if (column === "_modified_at") return new Date(record.modifiedAt).toISOString();
    return cell(data[column]);
  });
}

/** A spreadsheet runs text that begins so as a formula; a quote before it makes it text (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** Text that would be a formula is quoted; a number is a number, a negative one too. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return FORMULA.test(value) ? `'${value}` : value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
