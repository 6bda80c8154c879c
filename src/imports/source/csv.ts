/** A CSV file (RFC 4180, and what spreadsheets make of it): read row by row, whatever its size. */
import { CsvError, type Options, parse } from "csv-parse";
import iconv from "iconv-lite";

import { Problem } from "../../problem.ts";
import type { JsonObject } from "../../records/input.ts";
import { MAX_ITEM, refused, type SourceItem } from "./item.ts";

export interface CsvSettings {
  /** A label such as `windows-1252`; not given, a byte order mark says it, else it is UTF-8. */
  encoding: string | undefined;
  /** One character; not given, it is the one that the header has most of. */
  delimiter: string | undefined;
}

/** What the rows of a file with these columns become. */
export interface RowReader {
  /** The values of a row by its columns. @throws Problem `invalid` */
  read(cells: readonly string[]): JsonObject;
}

const DELIMITERS = [";", ",", "\t", "|"];
/** Characters that are parsed before others have their turn: 2 ms. */
const TURN = 65_536;

/**
 * @param header  is told the columns, which it may refuse
 * @param skip  so many rows at the beginning are passed over unread
 */
export async function* csvItems(
  bytes: AsyncIterable<Uint8Array>,
  skip: number,
  settings: CsvSettings,
  header: (columns: readonly string[]) => RowReader,
): AsyncGenerator<SourceItem[]> {
  let rows: RowReader | undefined;
  let width = 0;
  let left = skip;
  for await (const raw of rawRows(decoded(bytes, settings.encoding), settings)) {
    const items: SourceItem[] = [];
    for (const { line, cells } of raw) {
      if (!rows) {
        const columns = cells.map((name) => name.trim());
        if (columns.some((name) => name.includes("\0"))) throw notText();
        rows = header(columns);
        width = columns.length;
      } else if (left > 0) left--;
      else items.push(itemOf(rows, width, line, cells));
    }
    if (items.length > 0) yield items;
  }
  if (!rows) throw new Problem("malformed", "The CSV file is empty: its first line names the columns.");
}

function itemOf(rows: RowReader, width: number, line: number, cells: readonly string[]): SourceItem {
  if (cells.length !== width) {
    return refused(line, "", `has ${cells.length} values where the header has ${width}`);
  }
  if (cells.some((cell) => cell.includes("\0"))) return refused(line, "", "has a NUL, which is no text");
  try {
    return { line, value: rows.read(cells) };
  } catch (error) {
    if (error instanceof Problem && error.violations.length > 0)
      return { line, violations: error.violations };
    throw error;
  }
}

function notText(): Problem {
  return new Problem("malformed", "The CSV file is not UTF-8: say what it is, such as encoding=utf-16le.");
}

interface RawRow {
  /** Where it begins, from 1. */
  line: number;
  cells: string[];
}

async function* rawRows(texts: AsyncIterable<string>, settings: CsvSettings): AsyncGenerator<RawRow[]> {
  let parser: Rows | undefined;
  let head = "";
  for await (const text of texts) {
    if (!parser) {
      head += text;
      // The header tells by what it is separated.
      if (!/[\r\n]./s.test(head) && head.length < MAX_ITEM) continue;
      parser = new Rows(head, settings);
      yield* parser.take(parser.body);
    } else yield* parser.take(text);
  }
  if (!parser) {
    parser = new Rows(head, settings);
    yield* parser.take(parser.body);
  }
  yield* parser.end();
}

class Rows {
  readonly body: string;
  readonly #parser: ReturnType<typeof parse>;
  #rows: RawRow[] = [];
  #error: unknown;

  constructor(head: string, { delimiter }: CsvSettings) {
    // Excel writes its separator in front.
    const said = /^sep=(.)\r?\n/i.exec(head);
    this.body = said ? head.slice(said[0].length) : head;
    const before = said ? 1 : 0;
    const options: Options = {
      ...{ delimiter: delimiter ?? said?.[1] ?? guessDelimiter(this.body), info: true },
      // A row with too few or too many values is a row that is wrong, not a file.
      ...{ relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_ITEM },
    };
    this.#parser = parse(options);
    this.#parser.on("data", ({ record, info }: { record: string[]; info: { lines: number } }) => {
      // It tells where the row ends.
      const within = record.reduce(
        (sum, cell) => sum + (cell.includes("\n") ? cell.split("\n").length - 1 : 0),
        0,
      );
      this.#rows.push({ line: info.lines - within + before, cells: record });
    });
    this.#parser.on("error", (error) => (this.#error = error));
  }

  /**
   * @throws Problem `malformed` naming the line: of what follows a broken quote nobody knows where a row ends, whether
   *   rows that are wrong are skipped or not
   */
  async *take(text: string): AsyncGenerator<RawRow[]> {
    for (let from = 0; from < text.length; from += TURN) {
      this.#parser.write(text.slice(from, from + TURN));
      yield* this.#settled();
    }
  }

  async *end(): AsyncGenerator<RawRow[]> {
    const ended = new Promise((resolve) => this.#parser.once("end", resolve).once("error", resolve));
    if (!this.#parser.errored) {
      this.#parser.end();
      await ended;
    }
    yield* this.#settled();
  }

  async *#settled(): AsyncGenerator<RawRow[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length > 0) yield rows;
    if (this.#error !== undefined) {
      const error = this.#error;
      if (!(error instanceof CsvError)) throw error;
      throw new Problem("malformed", `The CSV file is broken in line ${lineOf(error)}: ${faultOf(error)}.`);
    }
  }
}

function lineOf(error: unknown): number {
  const lines = error instanceof Error && "lines" in error ? error.lines : undefined;
  return typeof lines === "number" ? lines : 1;
}

/** The parser's own message has the file's text in it. */
function faultOf(error: unknown): string {
  const code = error instanceof CsvError ? String(error.code) : "";
  const faults: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: "a quote is not closed",
    CSV_INVALID_CLOSING_QUOTE: "something follows a closing quote",
    INVALID_OPENING_QUOTE: "there is a quote inside of a value that is not in quotes",
    CSV_MAX_RECORD_SIZE: `a row is longer than ${MAX_ITEM} characters`,
  };
  return faults[code] ?? "it is no CSV";
}

/** The one that the first line has most of, outside of quotes. */
function guessDelimiter(text: string): string {
  const first = /^(?:\s*[\r\n]+)*((?:"(?:[^"]|"")*"|[^\r\n"])*)/.exec(text.slice(0, 100_000))?.[1] ?? "";
  const bare = first.replaceAll(/"(?:[^"]|"")*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** Whether {@link csvItems} knows an encoding. */
export function isEncoding(label: string): boolean {
  return iconv.encodingExists(label);
}

/** Text without its byte order mark. @throws Problem `malformed` */
async function* decoded(bytes: AsyncIterable<Uint8Array>, label: string | undefined): AsyncGenerator<string> {
  let decode: ((piece: Uint8Array | undefined) => string) | undefined;
  for await (const piece of bytes) {
    decode ??= decoder(markOf(piece) ?? label ?? "utf-8");
    yield decode(piece);
  }
  if (decode) yield decode(undefined);
}

function markOf([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  return a === 0xfe && b === 0xff ? "utf-16be" : undefined;
}

function decoder(label: string): (piece: Uint8Array | undefined) => string {
  if (/^utf-?8$/i.test(label)) {
    const utf8 = new TextDecoder("utf-8", { fatal: true });
    return (piece) => {
      try {
        return piece ? utf8.decode(piece, { stream: true }) : utf8.decode();
      } catch {
        const hint = "say what it is, such as encoding=windows-1252";
        throw new Problem("malformed", `The CSV file is not UTF-8: ${hint}.`);
      }
    };
  }
  const other = iconv.getDecoder(label);
  return (piece) => (piece ? other.write(Buffer.from(piece)) : (other.end() ?? ""));
}
