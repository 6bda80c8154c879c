/**
 * Base64 that comes in pieces. Strict, as the public service is: the alphabet of RFC 4648, section 4, no white space, no
 * `-` and `_`; the padding at the end may be left out, and where it stands it must be right.
 */

/** What takes the bytes; they are only there until it returns. */
export type Take = (bytes: Uint8Array) => void;

/** Bytes that are decoded at once: a multiple of three. */
const PIECE = 65_535;
const CHARACTERS = (PIECE / 3) * 4;
/** One for all: nothing is decoded across turns of the event loop. */
const scratch = new Uint8Array(PIECE);

export class Base64Decoder {
  readonly #take: Take;
  /** Fewer than four characters that wait for the rest of theirs. */
  #rest = "";
  #padded = false;
  /** Whether all of it was base64 so far. */
  valid = true;

  constructor(take: Take) {
    this.#take = take;
  }

  /** Something that cannot be base64 has come. */
  spoil(): void {
    this.valid = false;
    this.#rest = "";
  }

  push(text: string): void {
    if (!this.valid || text === "") return;
    if (this.#padded) return this.spoil();
    const all = this.#rest + text;
    const whole = all.length - (all.length % 4);
    for (let from = 0; from < whole && this.valid; from += CHARACTERS) {
      this.#decode(all.slice(from, Math.min(whole, from + CHARACTERS)), from + CHARACTERS >= whole);
    }
    this.#rest = this.valid ? all.slice(whole) : "";
  }

  /** Decodes groups of four characters. @param last  padding may stand at their end */
  #decode(text: string, last: boolean): void {
    const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    if (padding > 0) {
      if (!last) return this.spoil();
      this.#padded = true;
    }
    this.#write(text, (text.length / 4) * 3 - padding);
  }

  /** @param length  of the bytes: fewer come out where white space was passed over, as the platform does */
  #write(text: string, length: number): void {
    try {
      const { written } = scratch.setFromBase64(text);
      if (written !== length) return this.spoil();
    } catch {
      return this.spoil();
    }
    this.#take(scratch.subarray(0, length));
  }

  /** All of it has come. @returns whether it was base64 */
  end(): boolean {
    const rest = this.#rest;
    this.#rest = "";
    if (this.valid && rest !== "") {
      if (rest.length === 1 || rest.includes("=")) this.spoil();
      else this.#write(rest, rest.length - 1);
    }
    return this.valid;
  }
}
