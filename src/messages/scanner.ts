/**
 * Takes the attachments out of a message's JSON while it comes in: each `attachments[*].base64Data` is decoded piece by
 * piece and never held as a whole; a mark stands in its place. What is left is small and is read by `JSON.parse`, which
 * is also the judge of whether it is JSON: the scanner needs to know no more of JSON than where strings begin and end.
 *
 * A library (stream-json, jsonparse) makes a token, and with it a string, of every value as a whole: 14 MB of text for
 * each attachment, which is what this is to avoid.
 */
import type { Base64Decoder } from "./base64.ts";

export interface ScannerOptions {
  /** Called where an attachment's data begin. */
  attachment(): Base64Decoder;
  /** What stands for the data of the attachment `index`, in the order of their beginning; no other text may be like it. */
  mark(index: number): string;
  /** Bytes of JSON beside the data. */
  limit: number;
  /** How deep it may be nested. */
  depth: number;
}

/** The JSON is larger than it may be, beside the data of attachments; or nested deeper. */
export class ScanLimit extends Error {
  override readonly name = "ScanLimit";
  constructor(readonly what: "size" | "depth") {
    super(what);
  }
}

const enum Byte {
  Quote = 0x22,
  Comma = 0x2c,
  OpenList = 0x5b,
  Backslash = 0x5c,
  CloseList = 0x5d,
  OpenObject = 0x7b,
  CloseObject = 0x7d,
}

/** Names are told from one another by their first characters; a longer one is none that matters. */
const LONGEST_NAME = 16;
/** Stands for a name that is none that matters: longer, or written with escapes. */
const OTHER = "?";

/** Where the scanner is: between strings, or in one that is a name, a value, or an attachment's data. */
type Place = "structure" | "name" | "text" | "data";

export class Scanner {
  readonly #o: ScannerOptions;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #chunk: Buffer = Buffer.alloc(0);
  /** Where the next backslash of the chunk is; it is looked for again only beyond it. */
  #backslash = 0;
  #place: Place = "structure";
  /** In a string: the next byte belongs to an escape. */
  #escaped = false;
  /** For each level whether it is a list. */
  readonly #lists: boolean[] = [];
  /** In an object, where a name comes next. */
  #nameNext = false;
  #name = "";
  /** The name of the member that is being read, of the objects on the first and the third level. */
  readonly #names: [string, string] = ["", ""];
  #decoder: Base64Decoder | undefined;
  #attachments = 0;
  /** The beginning of an escape in data. */
  #tail = "";

  constructor(options: ScannerOptions) {
    this.#o = options;
  }

  /** Takes the next bytes; nothing of them is held on to. @throws ScanLimit */
  push(chunk: Uint8Array): void {
    this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#backslash = -1;
    let at = 0;
    let from = 0;
    while (at < chunk.length) {
      if (this.#place === "structure") {
        at = this.#structure(at);
        if (!this.#isIn("data")) continue;
        this.#keep(from, at - 1);
        this.#mark();
      } else if (this.#place === "data") {
        at = this.#data(at);
        from = at;
      } else at = this.#string(at);
    }
    if (!this.#isIn("data")) this.#keep(from, chunk.length);
  }

  #isIn(place: Place): boolean {
    return this.#place === place;
  }

  /** What has been kept: JSON, if what came was. */
  end(): Uint8Array {
    return Buffer.concat(this.#kept);
  }

  /** @returns where the next string begins, behind its quote, or the end */
  #structure(start: number): number {
    const chunk = this.#chunk;
    for (let at = start; at < chunk.length; at++) {
      switch (chunk[at]) {
        case Byte.Quote:
          if (this.#nameNext) {
            this.#place = "name";
            this.#name = "";
          } else this.#place = this.#isData() ? "data" : "text";
          return at + 1;
        case Byte.OpenObject:
          this.#open(false);
          break;
        case Byte.OpenList:
          this.#open(true);
          break;
        case Byte.CloseObject:
        case Byte.CloseList:
          this.#lists.pop();
          this.#nameNext = false;
          break;
        case Byte.Comma:
          this.#nameNext = this.#lists.at(-1) === false;
          break;
        default:
      }
    }
    return chunk.length;
  }

  #open(list: boolean): void {
    if (this.#lists.push(list) > this.#o.depth) throw new ScanLimit("depth");
    this.#nameNext = !list;
  }

  #isData(): boolean {
    const [first, second, third, ...more] = this.#lists;
    const [outer, inner] = this.#names;
    if (first !== false || second !== true || third !== false || more.length > 0) return false;
    return outer === "attachments" && inner === "base64Data";
  }

  /** A name or a text. @returns how far it has been read */
  #string(start: number): number {
    if (this.#escaped) {
      this.#escaped = false;
      return start + 1;
    }
    const chunk = this.#chunk;
    const quote = chunk.indexOf(Byte.Quote, start);
    if (this.#backslash < start && this.#backslash !== chunk.length) {
      const found = chunk.indexOf(Byte.Backslash, start);
      this.#backslash = found === -1 ? chunk.length : found;
    }
    const end = Math.min(quote === -1 ? chunk.length : quote, this.#backslash);
    if (this.#place === "name") this.#addToName(start, end);
    if (end === chunk.length) return end;
    if (end !== quote) {
      this.#name = OTHER;
      this.#escaped = true;
      return end + 1;
    }
    if (this.#place === "name") {
      const level = this.#lists.length;
      if (level === 1) this.#names[0] = this.#name;
      if (level === 3) this.#names[1] = this.#name;
      this.#nameNext = false;
    }
    this.#place = "structure";
    return end + 1;
  }

  #addToName(start: number, end: number): void {
    if (this.#name === OTHER) return;
    const isShort = this.#name.length + end - start <= LONGEST_NAME;
    this.#name = isShort ? this.#name + this.#chunk.toString("latin1", start, end) : OTHER;
  }

  /** An attachment's data. @returns how far they have been read */
  #data(start: number): number {
    const chunk = this.#chunk;
    const quote = chunk.indexOf(Byte.Quote, start);
    const end = quote === -1 ? chunk.length : quote;
    let text = this.#tail + chunk.toString("latin1", start, end);
    this.#tail = "";
    let isOver = quote !== -1;
    if (text.includes("\\")) {
      const last = text.lastIndexOf("\\");
      const trailing = trailingBackslashes(text);
      if (trailing % 2 === 1 && isOver) {
        // A quote that is escaped: no base64, and not the end either.
        this.#decoder?.spoil();
        isOver = false;
      } else if (!isOver && (trailing % 2 === 1 || /^\\u[^\\]{0,3}$/.test(text.slice(last)))) {
        this.#tail = text.slice(last);
        text = text.slice(0, last);
      }
      text = unescaped(text);
    }
    if (text.includes("\\")) this.#decoder?.spoil();
    else this.#decoder?.push(text);
    if (isOver) {
      this.#decoder?.end();
      this.#decoder = undefined;
      this.#place = "structure";
    }
    return quote === -1 ? end : quote + 1;
  }

  #mark(): void {
    this.#decoder = this.#o.attachment();
    this.#add(Buffer.from(JSON.stringify(this.#o.mark(this.#attachments++))));
  }

  #keep(from: number, to: number): void {
    // A copy: a part of the chunk would hold all of it.
    if (from < to) this.#add(Uint8Array.prototype.slice.call(this.#chunk, from, to));
  }

  #add(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > this.#o.limit) throw new ScanLimit("size");
    this.#kept.push(bytes);
  }
}

function trailingBackslashes(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === "\\") count++;
  return count;
}

/** Slashes are often escaped (PHP does by default), other letters may be; an escape that is left is no base64. */
function unescaped(text: string): string {
  const slashes = text.replaceAll("\\/", "/");
  if (!slashes.includes("\\")) return slashes;
  return slashes.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
