/** The answers of the HTTP API as these tests read them, and what they ask of every error. */
import { expect } from "bun:test";

export interface Meta {
  version: number;
  created_at: string;
  modified_at: string;
}

export interface RecordOut {
  id: number | string;
  name?: string;
  title?: string;
  city?: string;
  institute_id?: number;
  _meta: Meta;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface PushResult {
  results: {
    id: number | string | null;
    status: "created" | "updated" | "unchanged" | "rejected";
    violations?: { field: string; message: string }[];
  }[];
}

export interface ChangeItem {
  sequence: number;
  topic: string;
  action: string;
  object: string;
  id: number | string;
  url?: string;
  at: string;
}

export interface ReceiverOut {
  id: string;
  name: string;
  url: string;
  topics: string[];
  account_id: string;
  format: string;
  enabled: boolean;
  deleted_at?: string | null;
  secret?: string;
}

export interface DeliveryOut {
  id: string;
  receiver_id: string;
  topics: string[];
  status: string;
  status_code: number | null;
  error: string | null;
  attempts: number;
  created_at: string;
  next_attempt_at: string | null;
}

export interface DeliveryItem extends Omit<DeliveryOut, "attempts"> {
  request_headers: Record<string, string>;
  request_body: string;
  attempts: {
    number: number;
    at: string;
    duration_ms: number;
    status_code: number | null;
    error: string | null;
    detail: string | null;
    address: string | null;
    response_body: string | null;
  }[];
}

export interface ProblemOut {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  violations?: { field: string; message: string }[];
}

/** What an answer must never contain: traces, SQL, our files, the database's own words. */
const internals = [
  /\n\s+at\s/, // a stack trace
  /\.ts:\d+/,
  /\/src\/|\/node_modules\/|\$bunfs|\/tmp\//,
  /sqlite|postgres|drizzle/i,
  /\b(?:select|insert into|update) .*\b(?:from|values|set)\b/i,
  /(?:Syntax|Type|Range|Reference)Error/,
  /undefined|\[object Object\]/,
];

export function expectNothingInternal(text: string): void {
  for (const pattern of internals) expect(text).not.toMatch(pattern);
}

/**
 * An RFC 9457 problem with the given status, complete and free of internals. Invalid input (422) must name what is
 * wrong in `violations`.
 */
export async function expectProblem(response: Response, status: number | number[]): Promise<ProblemOut> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({
    status: [status].flat().includes(response.status) ? response.status : [status].flat()[0]!,
    text,
  });
  return checkProblem(response.status, response.headers.get("content-type"), text);
}

export function checkProblem(status: number, contentType: string | null, text: string): ProblemOut {
  expect(contentType ?? "").toStartWith("application/problem+json");
  expectNothingInternal(text);
  const problem: ProblemOut = JSON.parse(text);
  expect(problem.status).toBe(status);
  expect(problem.title).toBeString();
  expect(problem.title).not.toBe("");
  expect(problem.detail).toBeString();
  expect(problem.detail.length).toBeGreaterThan(5);
  expect(problem.type).toBeString();
  if (status === 422) {
    expect(problem.violations?.length ?? 0).toBeGreaterThan(0);
    for (const { field, message } of problem.violations ?? []) {
      expect(field).toBeString();
      expect(message).not.toBe("");
    }
  }
  return problem;
}

/** All items of a keyset-paged list, page by page. Fails when pages go on without end or repeat a cursor. */
export async function readPages<T>(
  read: (path: string) => Promise<Page<T>>,
  path: string,
  limit: number,
): Promise<T[][]> {
  const pages: T[][] = [];
  const seen = new Set<string>();
  const join = path.includes("?") ? "&" : "?";
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await read(`${path}${join}limit=${limit}${more}`);
    pages.push(page.items);
    cursor = page.next_cursor;
    if (cursor !== null) {
      expect(seen.has(cursor)).toBeFalse();
      seen.add(cursor);
    }
  } while (cursor !== null);
  return pages;
}

/** Nothing may be in the partner's organisation: no record, no change, no receiver. */
export async function expectNothingStored(partner: { read<T>(path: string): Promise<T> }): Promise<void> {
  for (const list of ["trainings", "articles", "cases", "changes", "receivers"]) {
    const { items } = await partner.read<Page<unknown>>(`/api/v1/${list}`);
    expect({ list, items }).toEqual({ list, items: [] });
  }
}

interface Reads {
  read<T>(path: string): Promise<T>;
}

/** How long the log may lag behind what a receiver saw. */
const LOG_LIMIT_MS = 10_000;

/** Reads `path` until `accept` says so: for state that follows an event a moment later, without one of its own. */
async function readUntil<T>(from: Reads, path: string, accept: (body: T) => boolean): Promise<T> {
  const deadline = Date.now() + LOG_LIMIT_MS;
  for (;;) {
    const body = await from.read<T>(path);
    if (accept(body)) return body;
    if (Date.now() > deadline)
      throw new Error(`GET ${path} did not become as awaited: ${JSON.stringify(body).slice(0, 1000)}`);
    await Bun.sleep(10);
  }
}

/** A delivery once it has the status. */
export const deliveryWith = (from: Reads, id: string, status: string): Promise<DeliveryItem> =>
  readUntil<DeliveryItem>(from, `/api/v1/deliveries/${id}`, (item) => item.status === status);

/** The newest listed delivery that is as told. */
export async function listedDelivery(
  from: Reads,
  accept: (delivery: DeliveryOut) => boolean,
): Promise<DeliveryOut> {
  const page = await readUntil<Page<DeliveryOut>>(from, "/api/v1/deliveries", ({ items }) =>
    items.some(accept),
  );
  const found = page.items.find(accept);
  if (!found) throw new Error("it was there a moment ago");
  return found;
}
