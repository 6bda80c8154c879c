/** A file that is one JSON array: its elements are found without holding all of it. */
import { Problem } from "../../problem.ts";
import { MAX_ITEM, refused, type SourceItem } from "./item.ts";

const [QUOTE, BACKSLASH, NEWLINE, COMMA] = [0x22, 0x5c, 0x0a, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d];
const MARK = [0xef, 0xbb, 0xbf];

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;

/** @param skip  so many elements at the beginning are passed over unread */
export async function* jsonItems(
  bytes: AsyncIterable<Uint8Array>,
  skip: number,
): AsyncGenerator<SourceItem[]> {
  const elements = new Elements();
  let left = skip;
  for await (const piece of bytes) {
    const items: SourceItem[] = [];
    for (const { line, bytes: text } of elements.take(piece)) {
      if (left > 0) left--;
      else items.push(itemOf(line, text));
    }
    if (items.length > 0) yield items;
  }
  elements.end();
}

function itemOf(line: number, bytes: Uint8Array): SourceItem {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return refused(line, "", "is not JSON");
  }
}

interface Element {
  line: number;
  bytes: Uint8Array;
}

/** Where each element begins and ends: by depth, outside of strings. Whether it is JSON, the parser finds out. */
class Elements {
  #state: "start" | "before" | "inside" | "after" | "end" = "start";
  #line = 1;
  /** What the element that is being read began with in earlier pieces. */
  #parts: Uint8Array[] = [];
  #size = 0;
  #begun = 0;
  #depth = 0;
  #string = false;
  #escaped = false;
  #seen = 0;

  take(piece: Uint8Array): Element[] {
    const found: Element[] = [];
    let from = 0;
    for (let at = 0; at < piece.byteLength; at++) {
      const byte = piece[at] ?? 0;
      if (byte === NEWLINE) this.#line++;
      if (this.#state === "inside") {
        if (!this.#isEnd(byte)) continue;
        found.push(this.#element(piece.subarray(from, at)));
        this.#state = byte === COMMA ? "before" : "end";
      } else if (!isSpace(byte)) {
        this.#outside(byte);
        // `#outside` has moved on.
        if ((this.#state as string) === "inside") from = at;
      }
    }
    if (this.#state === "inside") {
      this.#parts.push(piece.slice(from));
      this.#size += piece.byteLength - from;
      if (this.#size > MAX_ITEM) {
        throw new Problem("malformed", `An element of the list is longer than ${MAX_ITEM} bytes.`);
      }
    }
    return found;
  }

  end(): void {
    if (this.#state === "start")
      throw new Problem("malformed", "The file is empty: a JSON list is expected.");
    if (this.#state !== "end")
      throw new Problem("malformed", "The file ends in the middle of its JSON list.");
  }

  /** Between elements, before and behind the list. */
  #outside(byte: number): void {
    if (this.#state === "start") {
      if (this.#seen < 3 && byte === MARK[this.#seen]) this.#seen++;
      else if (byte === OPEN_LIST) this.#state = "before";
      else throw new Problem("malformed", "The file does not begin as a JSON list, which is expected.");
      return;
    }
    if (this.#state === "end") throw new Problem("malformed", "Something follows the file's JSON list.");
    if (byte === CLOSE_LIST) {
      this.#state = "end";
      return;
    }
    this.#state = "inside";
    this.#begun = this.#line;
    this.#depth = 0;
    this.#string = false;
    this.#isEnd(byte);
  }

  /** Goes on inside of an element; true at what ends it. */
  #isEnd(byte: number): boolean {
    if (this.#string) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#string = false;
      return false;
    }
    if (byte === QUOTE) this.#string = true;
    else if (byte === OPEN || byte === OPEN_LIST) this.#depth++;
    else if (this.#depth === 0) return byte === COMMA || byte === CLOSE_LIST;
    else if (byte === CLOSE || byte === CLOSE_LIST) this.#depth--;
    return false;
  }

  #element(end: Uint8Array): Element {
    const bytes = this.#parts.length === 0 ? end : Buffer.concat([...this.#parts, end]);
    this.#parts = [];
    this.#size = 0;
    return { line: this.#begun, bytes };
  }
}
