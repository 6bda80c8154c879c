/** A file with a JSON value on each line. */
import { Problem } from "../../problem.ts";
import { MAX_ITEM, refused, type SourceItem } from "./item.ts";

const NEWLINE = 10;

/**
 * The rows of the file, piece by piece; lines with nothing on them are none.
 * @param skip  so many rows at the beginning are passed over unread
 */
export async function* ndjsonItems(
  bytes: AsyncIterable<Uint8Array>,
  skip: number,
): AsyncGenerator<SourceItem[]> {
  let line = 0;
  let left = skip;
  for await (const text of wholeLines(bytes)) {
    const values = left === 0 ? valuesOf(text) : undefined;
    const items: SourceItem[] = [];
    if (values) {
      for (const value of values) items.push({ line: ++line, value });
    } else {
      for (const one of text.split("\n")) {
        line++;
        if (one === "" || one.trim() === "") continue;
        if (left > 0) left--;
        else items.push(itemOf(line, one));
      }
    }
    if (items.length > 0) yield items;
  }
}

/**
 * The values of lines that hold one each, parsed together: each for itself costs half as much again. Undefined where
 * any of them is empty or wrong, which is then found out line by line.
 */
function valuesOf(text: string): unknown[] | undefined {
  const { values, error } = Bun.JSONL.parseChunk(text);
  return error === null && values.length === countLines(text) ? values : undefined;
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function itemOf(line: number, text: string): SourceItem {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    if (text.includes("\ufffd")) return refused(line, "", "is not UTF-8");
    return refused(line, "", text.includes("\0") ? "is not JSON: it has a NUL" : "is not JSON");
  }
}

/** The lines of each piece, as soon as they are whole; without the end of the last one. */
async function* wholeLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array = new Uint8Array();
  let first = true;
  for await (const piece of bytes) {
    const all =
      rest.byteLength === 0
        ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
        : Buffer.concat([rest, piece]);
    const end = all.lastIndexOf(NEWLINE);
    if (end === -1) {
      if (all.byteLength > MAX_ITEM) throw tooLong();
      rest = all;
      continue;
    }
    // One decoding and one splitting for all of them: each for itself costs three times as much.
    const text = all.toString("utf8", 0, end);
    yield first ? withoutMark(text) : text;
    first = false;
    rest = all.subarray(end + 1);
    if (rest.byteLength > MAX_ITEM) throw tooLong();
  }
  if (rest.byteLength > 0) {
    const text = Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength).toString("utf8");
    yield first ? withoutMark(text) : text;
  }
}

function withoutMark(text: string): string {
  if (text.charCodeAt(0) === 0xfeff) return text.slice(1);
  if (text.includes("\0") && !text.includes("{")) return text;
  // UTF-16 reads as UTF-8 with every other character a NUL.
  if (text.charCodeAt(1) === 0 || text.startsWith("\ufffd\ufffd")) {
    throw new Problem("malformed", "The file is not UTF-8, as JSON has to be (RFC 8259, 8.1).");
  }
  return text;
}

function tooLong(): Problem {
  return new Problem("malformed", `A line of the file is longer than ${MAX_ITEM} bytes.`);
}
