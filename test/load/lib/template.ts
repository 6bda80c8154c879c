/** Requests that are made once and then only have numbers written into them, so that a generator costs little. */

/** Which ids a request asks for. All ids have ten digits, so that no Content-Length ever changes. */
export interface Ids {
  first: number;
  /** How many there are; without it they never come again. */
  count?: number;
  /** `next`: one after the other, and again from the first after `count`; `random`: any of them (seeded). */
  order: "next" | "random";
}

export const FIRST_ID = 1_000_000_000;
const DIGITS = 10;

export class Numbers {
  /** How many ids were given out. */
  used = 0;
  #serial = 0;
  #seed = 20_261_121;

  constructor(readonly ids: Ids) {}

  nextId(): number {
    const { first, count = Infinity, order } = this.ids;
    const used = this.used++;
    if (order === "next") return first + (count === Infinity ? used : used % count);
    // Numerical Recipes' generator: what matters is that every run asks for the same ids.
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return first + Math.floor((this.#seed / 2 ** 32) * count);
  }

  /** A number that no earlier request carried, so that an update changes something. */
  nextSerial(): number {
    return FIRST_ID + this.#serial++;
  }
}

export interface RequestText {
  method: string;
  /** Path and query; `{id}` stands for an id. */
  path: string;
  headers?: Record<string, string>;
  /** `{id}` stands for an id, the same one throughout a request unless `list`; `{n}` for a serial number. */
  body?: string;
  /** Repeats the body this many times as a JSON array, each with its own id. */
  list?: number;
}

/** One connection's copy of a request. */
export class RequestBuffer {
  readonly bytes: Buffer;
  readonly #ids: number[] = [];
  readonly #serials: number[] = [];
  readonly #shared: boolean;

  constructor(text: RequestText, port: number) {
    const body =
      text.body && text.list ? `[${Array(text.list).fill(text.body).join(",")}]` : (text.body ?? "");
    const filled = (part: string) => part.replaceAll(/\{(id|n)\}/g, "0".repeat(DIGITS));
    const headers = {
      host: `127.0.0.1:${port}`,
      ...(body && { "content-type": "application/json", "content-length": `${filled(body).length}` }),
      ...text.headers,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const whole = `${text.method} ${text.path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
    let shift = 0;
    for (const match of whole.matchAll(/\{(id|n)\}/g)) {
      (match[1] === "id" ? this.#ids : this.#serials).push(match.index + shift);
      shift += DIGITS - match[0].length;
    }
    this.bytes = Buffer.from(filled(whole), "latin1");
    this.#shared = !text.list;
  }

  /** How many ids one request uses. */
  get idsPerRequest(): number {
    return this.#shared ? Math.min(1, this.#ids.length) : this.#ids.length;
  }

  /** Writes the next numbers into the request; returns the (last) id. */
  fill(numbers: Numbers): number {
    let id = this.#shared && this.#ids.length > 0 ? numbers.nextId() : 0;
    for (const at of this.#ids) {
      if (!this.#shared) id = numbers.nextId();
      this.#write(at, id);
    }
    for (const at of this.#serials) this.#write(at, numbers.nextSerial());
    return id;
  }

  #write(at: number, value: number): void {
    for (let digit = at + DIGITS - 1; digit >= at; digit--) {
      this.bytes[digit] = 48 + (value % 10);
      value = Math.floor(value / 10);
    }
  }
}
