/** The beginning of a file, read in the browser: what it is, and its first rows. Nothing is sent. */

export type Format = "csv" | "ndjson" | "json";

/** What a text may be in. Of the older ones Windows' has all that ISO 8859-1 has. */
export const ENCODINGS = ["utf-8", "windows-1252", "utf-16le"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface Preview {
  /** `packed`: by gzip or zstd, which is not looked into here. */
  packed: boolean;
  format: Format;
  /** Of a CSV file, its columns; else the fields of the first rows. */
  columns: string[];
  rows: string[][];
  /** Of a CSV file. */
  delimiter: string;
  encoding: Encoding;
}

/** Bytes that are looked at, and of a JSON list, which has to be read whole. */
const HEAD = 65_536;
const WHOLE_JSON = 2_000_000;
const ROWS = 5;
const DELIMITERS = [",", ";", "\t", "|"];

/** @param encoding  if given, the text's; else UTF-8, or Windows' where it is none */
export async function previewOf(file: File, encoding?: Encoding): Promise<Preview> {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const name = file.name.toLowerCase();
  const packed = (head[0] === 0x1f && head[1] === 0x8b) || (head[0] === 0x28 && head[1] === 0xb5);
  const found = encoding ?? encodingOf(head, head.length < file.size);
  const text = packed ? "" : new TextDecoder(found).decode(head);
  const format = formatOf(name.replace(/\.(gz|gzip|zst|zstd)$/, ""), text);
  const known = { packed, format, encoding: found, delimiter: "," };
  if (packed) return { ...known, columns: [], rows: [] };
  const isWhole = head.length === file.size;
  if (format === "csv") {
    const delimiter = delimiterOf(text);
    const all = csvRows(text, delimiter);
    // The last row may go on behind what was read.
    const [columns = [], ...rows] = isWhole ? all : all.slice(0, -1);
    return {
      ...known,
      delimiter,
      columns: columns.map((column) => column.trim()),
      rows: rows.slice(0, ROWS),
    };
  }
  const objects =
    format === "ndjson"
      ? text
          .split(/\r?\n/, ROWS + 1)
          .slice(0, ROWS)
          .flatMap(objectOf)
      : file.size <= WHOLE_JSON
        ? listOf(await file.text()).slice(0, ROWS)
        : [];
  const columns = [...new Set(objects.flatMap(Object.keys))];
  return { ...known, columns, rows: objects.map((one) => columns.map((column) => shown(one[column]))) };
}

function formatOf(name: string, text: string): Format {
  const first = text.trimStart()[0];
  if (/\.(ndjson|jsonl)$/.test(name)) return "ndjson";
  if (/\.json$/.test(name)) return first === "{" ? "ndjson" : "json";
  if (/\.(csv|tsv|txt)$/.test(name)) return "csv";
  return first === "[" ? "json" : first === "{" ? "ndjson" : "csv";
}

/** @param goesOn  the last character may be cut */
function encodingOf(bytes: Uint8Array, goesOn: boolean): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: goesOn });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** What the first line has most of. */
function delimiterOf(text: string): string {
  const [header = ""] = text.split(/\r?\n/, 1);
  const count = (delimiter: string) => header.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

/** RFC 4180, with any delimiter; rows without anything are left out. */
export function csvRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at++) {
    const one = text[at] ?? "";
    if (quoted) {
      if (one !== '"') cell += one;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (one === '"' && cell === "") quoted = true;
    else if (one === delimiter) endCell();
    else if (one === "\n") endRow();
    else if (one !== "\r") cell += one;
  }
  endRow();
  return rows;
}

function objectOf(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? [value] : [];
  } catch {
    return [];
  }
}

function listOf(text: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isObject) : [];
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}
