/** Reading the audit log: pages of it, newest first, and what an event looks like outside. */
import { decodeCursor, encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import { invalid } from "../problem.ts";
import type { Reader, Store } from "../store/store.ts";
import {
  actionRange,
  eventPage,
  nextAction,
  type Position,
  type Residual,
  scanEnd,
  type Stretch,
} from "./list-queries.ts";
import type { EventRow } from "./queries.ts";

export interface AuditFilter {
  /** Such as `account:<client id>`. */
  subject?: string | undefined;
  /** Such as `account.create`, or `account.*` for all of them. */
  action?: string | undefined;
  target?: string | undefined;
  outcome?: EventRow["outcome"] | undefined;
  /** When it was, milliseconds since 1970: from (included), and up to (excluded). */
  since?: number | undefined;
  until?: number | undefined;
}

export interface AuditQuery extends AuditFilter {
  limit: number;
  cursor?: string | undefined;
}

/** An event as the API shows it; without `hash` it is what the hash covers (`chain.ts`). */
export interface ShownEvent {
  sequence: number;
  at: string;
  action: string;
  outcome: EventRow["outcome"];
  subject: string | null;
  actor: string | null;
  client: string | null;
  target: string | null;
  address: string | null;
  request_id: string | null;
  detail: Record<string, unknown>;
  hash: string;
}

/**
 * A page looks at this many events of each stretch at most for what no index finds; then it ends, with a cursor to go
 * on (as the delivery log's do).
 */
const SCAN = 5_000;
/** Beyond every time that is stored. */
const END = 2 ** 53 - 1;
const ACTION = /^[a-z]+(\.[a-z_]+)*(\.\*)?$/;

export class AuditReader {
  readonly #store: Store;
  readonly #scan: number;

  /** @param collaborators  `scan`: how many events of a stretch a page looks at (tests) */
  constructor(collaborators: { store: Store; scan?: number }) {
    this.#store = collaborators.store;
    this.#scan = collaborators.scan ?? SCAN;
  }

  /**
   * Newest first. A page may be short, and even empty, with a cursor: that it looked at enough events for one.
   * @throws Problem `invalid`
   */
  async list(organisationId: number, query: AuditQuery): Promise<Page<ShownEvent>> {
    const { limit, cursor, ...filter } = query;
    const { subject, action, target, outcome, since, until } = filter;
    if (action !== undefined && !ACTION.test(action)) {
      throw invalid("action", "must be an action such as account.create, or several such as account.*");
    }
    const list = `audit ${JSON.stringify([subject, action, target, outcome, since, until])}`;
    const before = cursor === undefined ? undefined : positionOf(list, cursor);
    const page = await this.#store.read((reader) =>
      this.#page(reader, organisationId, filter, limit, before),
    );
    return {
      items: page.rows.map(show),
      next_cursor: page.end && encodeCursor(list, [page.end.at, page.end.sequence]),
    };
  }

  /** A function that gives one page after the other, and an empty one at the end: for exports. */
  pages(organisationId: number, filter: AuditFilter, limit: number): () => Promise<ShownEvent[]> {
    let cursor: string | null | undefined;
    return async () => {
      for (;;) {
        if (cursor === null) return [];
        const page = await this.list(organisationId, { ...filter, limit, cursor });
        cursor = page.next_cursor;
        if (page.items.length > 0) return page.items;
      }
    };
  }

  /** The pages of one stretch, or of several merged: each counts as far down as it was looked at. */
  async #page(
    reader: Reader,
    organisationId: number,
    filter: AuditFilter,
    limit: number,
    cursor: Position | undefined,
  ): Promise<{ rows: EventRow[]; end: Position | null }> {
    const range = {
      organisationId,
      since: filter.since ?? 0,
      before: earlier(cursor, { at: filter.until ?? END, sequence: 0 }),
    };
    const { stretches, residual } = await plan(reader, range, filter);
    const parts = await Promise.all(stretches.map((stretch) => this.#part(reader, stretch, residual, limit)));
    const end = parts.reduce<Position | null>((latest, part) => later(latest, part.end), null);
    const seen = parts
      .flatMap((part) => part.rows)
      .filter((row) => end === null || compare(row, end) >= 0)
      .sort((a, b) => compare(b, a));
    const rows = seen.slice(0, limit);
    return { rows, end: seen.length > limit ? (rows.at(-1) ?? null) : end };
  }

  /** @returns `end`: down to where it was looked at (included); null: to the stretch's end */
  async #part(
    reader: Reader,
    stretch: Stretch,
    residual: Residual,
    limit: number,
  ): Promise<{ rows: EventRow[]; end: Position | null }> {
    const exact = Object.values(residual).every((value) => value === undefined);
    const scan = exact ? limit + 1 : this.#scan;
    const rows = await reader.query(eventPage(stretch, residual, limit + 1, scan));
    if (rows.length > limit) return { rows, end: rows.at(-1) ?? null };
    const [end = null] = exact ? [] : await reader.query(scanEnd(stretch, scan));
    return { rows, end };
  }
}

/** The stretches with the fewest events, and what is left for each event to show. */
async function plan(
  reader: Reader,
  range: Omit<Stretch, "by">,
  { target, subject, action, outcome }: AuditFilter,
): Promise<{ stretches: Stretch[]; residual: Residual }> {
  const one = (by: Stretch["by"], residual: Residual) => ({
    stretches: [{ ...range, ...(by && { by }) }],
    residual,
  });
  if (target !== undefined) return one({ target }, { subject, action, outcome });
  if (subject !== undefined) return one({ subject }, { action, outcome });
  if (outcome === "denied") return one({ outcome }, { action });
  if (action === undefined) return one(undefined, { outcome });
  const names = actionRange(action);
  const actions = names ? await actionsIn(reader, range.organisationId, names) : [action];
  return { stretches: actions.map((name) => ({ ...range, by: { action: name } })), residual: { outcome } };
}

/** The recorded actions with names in a range. There are a few dozen in the program. */
async function actionsIn(
  reader: Reader,
  organisationId: number,
  names: { after: string; before: string },
): Promise<string[]> {
  const actions: string[] = [];
  for (let { after } = names; ;) {
    const [next] = await reader.run(nextAction, { organisationId, after, before: names.before });
    if (!next) return actions;
    actions.push(next.action);
    after = next.action;
  }
}

function compare(a: Position, b: Position): number {
  return a.at - b.at || a.sequence - b.sequence;
}

function earlier(a: Position | undefined, b: Position): Position {
  return a !== undefined && compare(a, b) < 0 ? a : b;
}

function later(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  return compare(a, b) > 0 ? a : b;
}

function positionOf(list: string, cursor: string): Position {
  const [at, sequence] = decodeCursor(list, cursor, ["number", "number"]).map(Number);
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(sequence)) {
    throw invalid("cursor", "is not a cursor; take the next_cursor of the page before");
  }
  return { at: Number(at), sequence: Number(sequence) };
}

export function show(row: EventRow): ShownEvent {
  return {
    sequence: row.sequence,
    at: isoTime(row.at),
    action: row.action,
    outcome: row.outcome,
    subject: row.subject,
    actor: row.actor,
    client: row.client,
    target: row.target,
    address: row.address,
    request_id: row.requestId,
    detail: detailOf(row.detail),
    hash: row.hash,
  };
}

/** Somebody may have altered the row; it must be shown all the same. */
function detailOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return { unreadable: text };
  }
}
