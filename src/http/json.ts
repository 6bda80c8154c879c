/** Request bodies: read within limits of size and time, decoded strictly, checked for what no database likes. */
import { invalid, Problem } from "../problem.ts";
import { Deadline } from "./deadline.ts";

export interface BodyLimits {
  /** Bytes. */
  body: number;
  /** Milliseconds that a body may take to arrive. */
  requestTimeout: number;
}

/** A record may be nested this deep. */
export const MAX_DEPTH = 64;

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
/** By their length: a server has one. */
const deadlines = new Map<number, Deadline>();
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The JSON value of a request's body.
 * @throws Problem `unsupported_media_type`, `too_large`, `timeout`, `malformed`, or `invalid` for values that are
 *   nested too deep or hold text that is not Unicode
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type)) {
    throw new Problem(
      "unsupported_media_type",
      `The body must be sent as application/json, not as ${type === "" ? "nothing" : JSON.stringify(type.slice(0, 100))}.`,
      { headers: { accept: "application/json" } },
    );
  }
  const bytes = await readBytes(request, limits);
  await endOfTurn();
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new Problem("malformed", "The body is not UTF-8.");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? error.message.replace(/^JSON Parse error: /, "") : "nested too deep";
    throw new Problem("malformed", `The body is not JSON: ${reason.slice(0, 200)}.`);
  }
  checkValue(value, Array.isArray(value) ? MAX_DEPTH + 1 : MAX_DEPTH, "");
  return value;
}

/** As {@link readJson}, for bodies that must be an object. */
export async function readObject(request: Request, limits: BodyLimits): Promise<Record<string, unknown>> {
  const value = await readJson(request, limits);
  if (!isObject(value)) throw invalid("", "The body must be a JSON object");
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

let turn: Promise<void> | undefined;

/**
 * Resolves when this turn of the event loop has read what came over all connections. Requests that go on together then
 * find each other's code and data in the processor's caches: 64 pushes at a time take 0.9 to 1 of their CPU.
 */
function endOfTurn(): Promise<void> {
  return (turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  }));
}

/** A request's body, whatever is in it. @throws Problem `too_large`, `timeout` */
export function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > limits.body) throw tooLarge(limits);
  // A length that is announced is kept by the server; only a chunked body has to be counted.
  const bytes = length === null ? readCounted(request, limits) : request.bytes();
  const ms = limits.requestTimeout;
  let deadline = deadlines.get(ms);
  if (!deadline) deadlines.set(ms, (deadline = new Deadline(ms)));
  return deadline.limit(bytes, () => {
    const detail = `The body did not arrive within ${ms / 1000} seconds.`;
    return new Problem("timeout", detail, { headers: { connection: "close" } });
  });
}

async function readCounted(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limits.body) throw tooLarge(limits);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// The connection is kept: Bun throws away what still comes. Closed with a body unread, it would be reset, and most
// clients would see the reset instead of the answer (14 of 20 did).
function tooLarge(limits: BodyLimits): Problem {
  return new Problem(
    "too_large",
    `The body is larger than ${limits.body} bytes (setting server.limits.body).`,
  );
}

/**
 * Refuses what no database keeps.
 * @param depth  how many levels may still follow
 * @param at  where we are, for the message
 * @throws Problem `invalid`
 */
export function checkValue(value: unknown, depth: number, at: string): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw invalid(at, "holds half a surrogate pair, which is no Unicode text");
    return;
  }
  // 1e999 is read as Infinity, which JSON cannot hold: it would be stored as null.
  if (value === Infinity || value === -Infinity) throw invalid(at, "is a number too large to keep");
  if (typeof value !== "object" || value === null) return;
  if (depth === 0) throw invalid(at.slice(0, 100), `is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkValue(value[i], depth - 1, at === "" ? `[${i}]` : at);
    return;
  }
  for (const name in value) {
    if (name === "__proto__")
      throw invalid(at === "" ? name : `${at}.${name}`, "is not allowed as a member's name");
    if (!name.isWellFormed()) throw invalid(at, "has a member whose name is no Unicode text");
    checkValue((value as Record<string, unknown>)[name], depth - 1, at === "" ? name : `${at}.${name}`);
  }
}
