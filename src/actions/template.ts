/**
 * `{{...}}` in what an action sends: values of its input and of the run, put in so that none of them can be taken for
 * more than a value. Names: `input` and what is in it (`input.lines.0.id`), `operation` (its id), `organisation` (its
 * code), `submitted_by`, `submitted_at`.
 */
import type { JsonValue } from "../config/types.ts";

/** What placeholders stand for. */
export interface TemplateValues {
  input: unknown;
  operation: string;
  organisation: string;
  submitted_by: string;
  submitted_at: string;
}

export const TEMPLATE_NAMES = [
  "input",
  "operation",
  "organisation",
  "submitted_by",
  "submitted_at",
] as const satisfies readonly (keyof TemplateValues)[];

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const ALONE = /^\{\{\s*([^{}]*?)\s*\}\}$/;

/** The names that a text asks for, such as `input.year`. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
}

/** As {@link placeholdersOf}, of every text in a value. */
export function placeholdersIn(value: JsonValue | undefined): string[] {
  if (typeof value === "string") return placeholdersOf(value);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(placeholdersIn);
}

/** Whether a text is an http(s) URL whose placeholders all stand behind its host. */
export function isUrlTemplate(text: string): boolean {
  const origin = /^https?:\/\/[^/?#\\]*/i.exec(text)?.[0];
  return origin !== undefined && !/[{}]/.test(origin) && URL.canParse(text.replace(PLACEHOLDER, "x"));
}

/** @param escape  what makes a value harmless where it stands */
export function fillText(text: string, values: TemplateValues, escape: (value: string) => string): string {
  return text.replace(PLACEHOLDER, (_, name: string) => escape(asText(find(values, name))));
}

/**
 * A placeholder that is a whole text becomes the value itself, of whatever type; a member whose value is not there is
 * left out. The names of members are taken as they stand.
 */
export function fillJson(value: JsonValue, values: TemplateValues): unknown {
  if (typeof value === "string") {
    const [, alone] = ALONE.exec(value) ?? [];
    return alone === undefined ? fillText(value, values, (text) => text) : find(values, alone);
  }
  if (Array.isArray(value)) return value.map((item) => fillJson(item, values) ?? null);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, fillJson(member, values)])
      .filter(([, member]) => member !== undefined),
  );
}

/** How values are made harmless in a body of text, by its media type. */
export function escapeFor(contentType: string): (value: string) => string {
  if (/[/+]xml\s*(;|$)|^text\/html\b/i.test(contentType)) return escapeXml;
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return encodeURIComponent;
  if (/[/+]json\s*(;|$)/i.test(contentType)) return (value) => JSON.stringify(value).slice(1, -1);
  return (value) => value;
}

const XML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
const escapeXml = (value: string) => value.replace(/[&<>"']/g, (character) => XML[character] ?? "");

/** The value of a name; undefined where there is none. */
function find(values: TemplateValues, name: string): unknown {
  let value: unknown = values;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
