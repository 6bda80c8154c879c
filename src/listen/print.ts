/** What `koppla listen` says about a request: lines for people, one line of JSON for machines. */
import type { Change } from "./contents.ts";
import type { Received, Totals } from "./listener.ts";

/** Styles text, or leaves it as it is where there is no terminal. */
export type Paint = (style: "bold" | "dim" | "red" | "green" | "yellow" | "cyan", text: string) => string;

/** A request for people: a line about it, then a line for each change. */
export function describe(received: Received, paint: Paint): string[] {
  const { id, attempt, bytes, contents, body } = received;
  const head = [
    paint("dim", timeOfDay(received.at)),
    id === null ? paint("yellow", "(no webhook-id)") : printable(id),
    ...(attempt > 1 ? [paint("yellow", `repeat ${attempt - 1}`)] : []),
    verdict(received, paint),
    paint(received.status < 300 ? "green" : "red", `answered ${received.status}`),
  ];
  const place = `${printable(received.method)} ${printable(received.path)}`;
  if (received.method === "POST") head.push(paint("dim", `${describeAmount(received)}, ${place}`));
  else head.push(paint("dim", place));

  const lines = [head.join("  ")];
  for (const change of contents.changes) lines.push(`    ${describeChange(change, paint)}`);
  if (contents.format === "other" && bytes > 0) lines.push(`    ${paint("dim", excerpt(body))}`);
  return lines;
}

/** `update training 345345 https://host/api/v1/trainings/345345` */
export function describeChange(change: Change, paint: Paint): string {
  const style = /^destroy$|\.Destroy$/.test(change.what) ? "red" : "cyan";
  const line = `${paint(style, printable(change.what))} ${printable(change.object)} ${printable(String(change.id))}`;
  return change.url === null ? line : `${line} ${paint("dim", printable(change.url))}`;
}

/** A request for machines: one line. `verified` is null where nothing was checked, `body` text where it is no JSON. */
export function toJsonLine(received: Received): string {
  const { at, contents, body, ...rest } = received;
  let value: unknown = body;
  try {
    value = JSON.parse(body);
  } catch {
    // It stays text.
  }
  return JSON.stringify({ at: new Date(at).toISOString(), ...rest, format: contents.format, body: value });
}

export function describeTotals(totals: Totals): string {
  const { received, unique, repeats, unverified } = totals;
  return `received ${received}, unique ${unique}, repeats ${repeats}, unverified ${unverified}`;
}

/** Local time of day with milliseconds. */
export function timeOfDay(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(11, 23);
}

/** Takes the teeth out of text from outside: no control character or direction mark reaches the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

function verdict({ verified, reason }: Received, paint: Paint): string {
  if (verified && reason !== null) return `${paint("green", "verified")}  ${paint("red", printable(reason))}`;
  if (verified) return paint("green", "verified");
  if (verified === false) return paint("red", `NOT verified: ${printable(reason ?? "")}`);
  return reason === null ? paint("dim", "not checked") : paint("red", printable(reason));
}

function describeAmount({ bytes, contents }: Received): string {
  const size = bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`;
  if (contents.format === "other") return size;
  const count = contents.changes.length;
  return `${count} ${count === 1 ? "change" : "changes"}, ${size}`;
}

function excerpt(body: string): string {
  const text = printable(body.slice(0, 200));
  return body.length > 200 ? `${text}...` : text;
}
