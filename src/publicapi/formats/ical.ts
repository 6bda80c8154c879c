/** A pull's answer as a calendar (RFC 5545), of types that name the fields in which their dates stand (`dates`). */
import { ICalCalendar } from "ical-generator";

import { shows } from "../../grants/view.ts";
import { instant } from "../../http/query.ts";
import { decodeId } from "../../records/key.ts";
import type { StoredRecord } from "../../records/queries.ts";
import type { Answer } from "./json.ts";

const DAY_MS = 86_400_000;
/** What no calendar program wants in its texts; ends of lines are escaped. */
const CONTROL = /[^\P{Cc}\t\r\n]|\p{Cs}/gu;

/** @param host  of this server: makes the ids of events differ from everybody else's. @param organisation  its code */
export function icalText({ type, found }: Answer, host: string, organisation: string): string {
  const calendar = new ICalCalendar({
    name: type.description || type.name,
    prodId: { company: "Koppla", product: "Koppla", language: "EN" },
  });
  const { dates } = type;
  if (!dates) return calendar.toString();
  for (const { record, fields } of found.records) {
    const data = JSON.parse(record.data) as Record<string, unknown>;
    const value = (field: string | null) =>
      field !== null && shows(fields, field) ? data[field] : undefined;
    const start = moment(value(dates.start));
    // What has no date, or none that the caller may see, is no event.
    if (!start) continue;
    const id = decodeId(type.key, record.key);
    calendar.createEvent({
      id: `${organisation}-${type.name}-${String(id)}@${host}`,
      ...span(start, moment(value(dates.end))),
      summary: textOf(value(dates.summary)) ?? `${type.object} ${String(id)}`,
      location: textOf(value(dates.location)) ?? null,
      ...written(record),
    });
  }
  return calendar.toString();
}

function written({ createdAt, modifiedAt, version }: StoredRecord) {
  const at = new Date(modifiedAt);
  return { stamp: at, created: new Date(createdAt), lastModified: at, sequence: version - 1 };
}

interface Moment {
  ms: number;
  /** A day, and no time of it. */
  day: boolean;
}

function moment(value: unknown): Moment | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return { ms: instant(value.trim()), day: /^\d{4}-\d{2}-\d{2}$/.test(value.trim()) };
  } catch {
    return undefined;
  }
}

/** The last day of an event is part of it; to a calendar its end is the day after. */
function span(start: Moment, end: Moment | undefined) {
  const allDay = start.day && (end === undefined || end.day);
  const from = new Date(start.ms);
  if (!end || end.ms < start.ms) {
    return allDay ? { start: from, end: new Date(start.ms + DAY_MS), allDay } : { start: from, end: null };
  }
  return { start: from, end: new Date(end.day ? end.ms + DAY_MS : end.ms), allDay };
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).replace(CONTROL, " ").trim();
  return text === "" ? undefined : text;
}
