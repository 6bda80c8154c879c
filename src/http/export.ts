/** A whole list as NDJSON or CSV, page by page as fast as the client reads: memory stays at a page's size. */
import { stringify } from "csv-stringify/sync";

import { NOT_SHARED, requestId } from "./respond.ts";

export type StreamFormat = "application/x-ndjson" | "text/csv";

/** How a list's items are written. */
export interface ExportShape<T> {
  /** The first line of a CSV file. */
  columns: readonly string[];
  /** An item's values, column by column. */
  cells: (item: T) => readonly unknown[];
  /** An item as one line of JSON, without the line's end. */
  line: (item: T) => string;
}

/** The format that an `Accept` header asks for; undefined is JSON, in pages. */
export function streamFormat(accept: string | null): StreamFormat | undefined {
  if (accept === null || accept === "*/*") return undefined;
  const wanted = accept.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  return (["application/x-ndjson", "text/csv"] as const).find((format) => wanted.includes(format));
}

/** The text of a list, a piece for each page. @param next  the page after the one before; empty at the end */
export async function* exportText<T>(
  shape: ExportShape<T>,
  format: StreamFormat,
  next: () => Promise<readonly T[]>,
): AsyncGenerator<string> {
  const csv = format === "text/csv";
  if (csv) yield stringify([shape.columns]);
  for (;;) {
    const page = await next();
    if (page.length === 0) return;
    if (csv) yield stringify(page.map((item) => shape.cells(item).map(cell)));
    else yield page.map((item) => `${shape.line(item)}\n`).join("");
  }
}

/** The same as bytes for an answer. @param next  as for {@link exportText} */
export function exportStream<T>(
  shape: ExportShape<T>,
  format: StreamFormat,
  next: () => Promise<readonly T[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const pieces = exportText(shape, format, next);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        // SQLite answers within the turn: without this a quick reader would hold the event loop to the end.
        await new Promise((resolve) => setImmediate(resolve));
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        // The status is long sent: a stream that breaks off tells the client that it is not whole.
        controller.error(error);
      }
    },
  });
}

/** @param name  of the file that a browser makes of it, without its ending */
export function exportAnswer(
  request: Request,
  stream: ReadableStream<Uint8Array>,
  format: StreamFormat,
  name: string,
): Response {
  return new Response(stream, {
    headers: {
      "content-type": `${format}; charset=utf-8`,
      "cache-control": NOT_SHARED,
      "x-request-id": requestId(request),
      ...(format === "text/csv" && { "content-disposition": `attachment; filename="${name}.csv"` }),
    },
  });
}

/** A spreadsheet runs text that begins so as a formula; a quote before it makes it text (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** Text that would be a formula is quoted; a number is a number, a negative one too. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return FORMULA.test(value) ? `'${value}` : value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
