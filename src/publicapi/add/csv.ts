/** CSV files as people have them: of a spreadsheet from any country, with its separator and its encoding. */
import { CsvError, type Options, parse } from "csv-parse";

import { Problem } from "../../problem.ts";
import { wrongParameter } from "../errors.ts";

export interface CsvRow {
  /** Where it begins in the file, counted from 1. */
  line: number;
  cells: string[];
}

export interface CsvFile {
  columns: string[];
  rows: CsvRow[];
}

export interface CsvOptions {
  /** A label such as `windows-1252`; not given, it is found out. */
  encoding: string | undefined;
  /** One character, or `tab`; not given, it is found out. */
  separator: string | undefined;
  /** More rows are refused. */
  maxRows: number;
  /** More columns are refused. */
  maxColumns: number;
}

const SEPARATORS = [";", ",", "\t", "|"];
/** Characters of one row. */
const MAX_ROW = 1_000_000;
/** Bytes that are read before other requests have their turn: 1 to 2 ms. */
const CHUNK = 32_768;

/** @throws Problem `malformed` naming the line, `invalid` for what an option says */
export async function readCsv(bytes: Uint8Array, options: CsvOptions): Promise<CsvFile> {
  const text = decode(bytes, options.encoding);
  // Excel writes its separator in front.
  const said = /^sep=(.)\r?\n/i.exec(text);
  const body = said ? text.slice(said[0].length) : text;
  const delimiter = separatorOf(options.separator) ?? said?.[1] ?? guessSeparator(body);
  const rows = await parseRows(body, delimiter, options.maxRows + 1);
  const before = said ? 1 : 0;
  const [header, ...others] = rows.map(({ line, cells }) => ({ line: line + before, cells }));
  if (!header) throw new Problem("malformed", "The CSV file is empty: its first line names the columns.");
  const columns = header.cells.map((name) => name.trim());
  if (columns.length > options.maxColumns)
    throw new Problem("malformed", `The CSV file has more than ${options.maxColumns} columns.`);
  return { columns, rows: others };
}

function decode(bytes: Uint8Array, label: string | undefined): string {
  const [a, b, c] = bytes;
  const marked =
    a === 0xef && b === 0xbb && c === 0xbf
      ? "utf-8"
      : a === 0xff && b === 0xfe
        ? "utf-16le"
        : a === 0xfe && b === 0xff
          ? "utf-16be"
          : undefined;
  if (marked !== undefined || label !== undefined) return decodeAs(marked ?? label ?? "utf-8", bytes);
  try {
    return decodeAs("utf-8", bytes);
  } catch {
    // What is no UTF-8 is of Windows, nearly always; every byte is a character there.
    return decodeAs("windows-1252", bytes);
  }
}

/** Without the byte order mark. */
function decodeAs(label: string, bytes: Uint8Array): string {
  let decoder: { decode(bytes: Uint8Array): string };
  try {
    decoder = new TextDecoder(label as "utf-8", { fatal: true });
  } catch {
    throw wrongParameter("encoding", "is not known: utf-8, utf-16le, iso-8859-1 or windows-1252 are");
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Problem("malformed", `The CSV file is not ${label.slice(0, 30)}.`);
  }
}

function separatorOf(given: string | undefined): string | undefined {
  if (given === undefined || given === "") return undefined;
  if (given.toLowerCase() === "tab" || given === "\\t") return "\t";
  if (given.length > 1 || /["\r\n]/.test(given))
    throw wrongParameter("separator", "must be one character, or tab");
  return given;
}

/** The one that the first line has most of, outside of quotes. */
function guessSeparator(text: string): string {
  const first = /^(?:\s*[\r\n]+)*((?:"(?:[^"]|"")*"|[^\r\n"])*)/.exec(text.slice(0, MAX_ROW))?.[1] ?? "";
  const bare = first.replaceAll(/"(?:[^"]|"")*"/g, "");
  const counts = SEPARATORS.map((separator) => bare.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ",";
}

async function parseRows(text: string, delimiter: string, most: number): Promise<CsvRow[]> {
  const options: Options = {
    delimiter,
    info: true,
    // A row with too few or too many values is a row that is wrong, not a file.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW,
  };
  const rows: CsvRow[] = [];
  const parser = parse(options);
  const ended = new Promise<void>((resolve, reject) => {
    parser.on("end", resolve);
    parser.on("error", reject);
  });
  // Waited for at the end; until then nobody listens.
  ended.catch(() => {});
  parser.on("data", ({ record, info }: { record: string[]; info: { lines: number } }) => {
    // It tells where the row ends.
    const within = record.reduce((sum, cell) => sum + cell.split("\n").length - 1, 0);
    rows.push({ line: info.lines - within, cells: record });
  });
  const bytes = Buffer.from(text);
  try {
    for (let start = 0; start < bytes.byteLength; start += CHUNK) {
      parser.write(bytes.subarray(start, start + CHUNK));
      await new Promise((resolve) => setImmediate(resolve));
      if (rows.length > most) throw new Problem("malformed", `The CSV file has more than ${most - 1} rows.`);
      if (parser.errored) break;
    }
    if (!parser.errored) parser.end();
    await ended;
  } catch (error) {
    parser.destroy();
    throw error instanceof CsvError ? broken(error) : error;
  }
  if (rows.length > most) throw new Problem("malformed", `The CSV file has more than ${most - 1} rows.`);
  return rows;
}

/** The parser's own message has the file's text in it. */
function broken(error: CsvError): Problem {
  const { lines } = error as CsvError & { lines?: unknown };
  const what =
    {
      CSV_QUOTE_NOT_CLOSED: "a quote is not closed",
      CSV_INVALID_CLOSING_QUOTE: "something follows a closing quote",
      INVALID_OPENING_QUOTE: "there is a quote inside of a value that is not in quotes",
      CSV_MAX_RECORD_SIZE: `a row is longer than ${MAX_ROW} characters`,
    }[error.code as string] ?? "it is no CSV";
  const where = typeof lines === "number" ? ` in line ${lines}` : "";
  return new Problem("malformed", `The CSV file is broken${where}: ${what}.`);
}
