/**
 * Text that goes into the audit log may come from whoever calls: a username that was typed, a path. It is kept short,
 * such that every database bears it, and without tokens that somebody put where a name belongs.
 */

import { maskUrls } from "../mask.ts";

/** Characters of one text; longer ones are cut. */
const MAX_TEXT = 300;
/** Members and depth that a detail may have; what an author of code needs is far below. */
const MAX_MEMBERS = 50;
const MAX_DEPTH = 4;

/** Everything that Koppla gives out as a secret, by its prefix; the rest of it is not kept. */
const SECRET = /\b(koppla_|kat_|krt_|kac_|klk_|whsec_)[\w+/=-]{6,}/g;
// PostgreSQL refuses NUL, and a log is read in terminals.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** What nearly every text is: nothing in it can be a secret's beginning, half a character or a URL's query. */
const HARMLESS = /^[\w .,:*@/-]{0,300}$/;
const SECRET_BEGINS = /(?:koppla|kat|krt|kac|klk|whsec)_/;

export function clean(text: string): string {
  // A line of the log has eight texts.
  if (HARMLESS.test(text) && !SECRET_BEGINS.test(text)) return text;
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return maskUrls(short).toWellFormed().replace(CONTROL, "\ufffd").replace(SECRET, "$1…");
}

export function cleanOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : clean(text);
}

/** The same for every text of a JSON value. */
export function cleanJson(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return clean(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map((item) => cleanJson(item, depth + 1));
  const members = Object.entries(value).slice(0, MAX_MEMBERS);
  return Object.fromEntries(members.map(([name, member]) => [clean(name), cleanJson(member, depth + 1)]));
}
