/** The statements of lists by row number: each shape of a query is built once (as in `list.ts`). */
import { and, asc, count, desc, eq, sql } from "drizzle-orm";

import { invalid } from "../problem.ts";
import { type Params, type Room, type Statement, statement } from "../store/statement.ts";
import type { AsideReader } from "../store/store.ts";
import { clauseShape, type Filter, padded } from "./condition.ts";
import type { NumberedQuery } from "./numbered.ts";
import { type At, narrowing, type Narrowed, Parts } from "./numbered-parts.ts";
import type { StoredRecord } from "./queries.ts";

/** Each shape stays prepared. They depend on numbers of things, not on names; only grants have rare ones. */
const MAX_SHAPES = 500;

/** A query with all that narrows it by the filter index. */
export type Asked = NumberedQuery & Narrowed;

export type Run = AsideReader["run"];

type Parameters = Record<string, string | number>;

function parametersOf(asked: Asked): Parameters {
  return {
    organisationId: asked.organisationId,
    type: asked.type.name,
    skip: asked.skip,
    limit: asked.limit,
    ...(asked.order.by === "field" && { orderField: asked.order.field }),
    ...(asked.modifiedSince !== undefined && { since: asked.modifiedSince }),
    ...narrowing(asked),
  };
}

type Asks = "count" | "page" | "page-set" | "gathered" | "placed";

const shapes = new Map<string, Statement<Parameters, never>>();

/** @throws Error where so many shapes are prepared that more would be too many */
function shape<R>(
  asks: Asks,
  asked: Asked,
  build: (room: Room, at: At, asked: Asked) => PromiseLike<R> & { prepare(): unknown },
): Statement<Parameters, R> {
  const { order, descending, modifiedSince, sources, narrow, clauses } = asked;
  const name = [
    ...[asks, order.by, descending, modifiedSince !== undefined, clauseShape([sources])],
    ...narrow.map(({ values }) => values.length),
    clauseShape(clauses),
  ].join();
  const known = shapes.get(name);
  if (known) return known as Statement<Parameters, R>; // its name says what it gives
  if (shapes.size >= MAX_SHAPES) throw invalid("", "The grants have too many conditions for this list.");
  const made = statement((room: Room, p: Params<Parameters>) =>
    build(
      room,
      (name) => {
        const found = p[name];
        if (!found) throw new Error(`the list's parameter ${name} is missing`);
        return found;
      },
      asked,
    ),
  );
  shapes.set(name, made as Statement<Parameters, never>);
  return made;
}

/** How many there are. */
export async function countRows(run: Run, asked: Asked): Promise<number> {
  const [row] = await run(shape("count", asked, buildCount), parametersOf(asked));
  return row?.rows ?? 0;
}

/** The page, row by row in its order. @param inSet  whether what the filters find is gathered before */
export function page(run: Run, asked: Asked, inSet: boolean): Promise<StoredRecord[]> {
  const build = (room: Room, at: At, one: Asked) => buildPage(room, at, one, inSet);
  return run(shape(inSet ? "page-set" : "page", asked, build), parametersOf(asked));
}

/** The page by id of what the filters find. */
export function gathered(run: Run, asked: Asked): Promise<StoredRecord[]> {
  return run(shape("gathered", asked, buildGathered), parametersOf(asked));
}

/** A record's key, and what it is put in order by: its time, or the field's JSON. */
export interface Placed {
  key: string;
  position: string | number | null;
}

/** All that the filters find, in no order: for where that is little. */
export function placed(run: Run, asked: Asked): Promise<Placed[]> {
  return run(shape("placed", asked, buildPlaced), parametersOf(asked));
}

type SizeParameters = Parameters & { limit: number };
const sizes = new Map<number, Statement<SizeParameters, { rows: number }[]>>();

/** How many rows a filter has in its index, up to a limit. Its values are different, but for the last (`padded`). */
export async function rowsOf(
  run: Run,
  { organisationId, type }: NumberedQuery,
  { field, values }: Filter,
  limit: number,
): Promise<number> {
  const { length } = values;
  if (length === 0) return 0;
  let size = sizes.get(length);
  if (!size) {
    size = statement(({ db, t: { recordFields: f } }: Room, p: Params<SizeParameters>) => {
      const wanted = values.map((_, index) => sql`${p[`value${index}`]}`);
      const place = sql`${f.organisationId} = ${p["organisationId"]} and ${f.type} = ${p["type"]}`;
      const picked = sql`${place} and ${f.field} = ${p["field"]} and ${f.value} in (${sql.join(wanted, sql`, `)})`;
      const some = db.select({ key: f.key }).from(f).where(picked).limit(p.limit).as("some");
      return db.select({ rows: count() }).from(some);
    });
    sizes.set(length, size);
  }
  const named = Object.fromEntries(values.map((value, index) => [`value${index}`, value]));
  const [row] = await run(size, { organisationId, type: type.name, field, limit, ...named });
  return row?.rows ?? 0;
}

const someRecords = new Map<number, Statement<Parameters, StoredRecord[]>>();

/** Records by their keys, in the order of these. Those that are gone meanwhile are left out. */
export async function byKeys(
  run: Run,
  { organisationId, type }: Asked,
  keys: readonly string[],
): Promise<StoredRecord[]> {
  const list = padded(keys);
  if (list.length === 0) return [];
  let some = someRecords.get(list.length);
  if (!some) {
    some = statement(({ db, t: { records: r } }: Room, p: Params<Parameters>) => {
      const wanted = list.map((_, index) => sql`${p[`key${index}`]}`);
      const place = sql`${r.organisationId} = ${p["organisationId"]} and ${r.type} = ${p["type"]}`;
      const picked = sql`${place} and ${r.key} in (${sql.join(wanted, sql`, `)})`;
      return db.select(recordColumns(r)).from(r).where(picked);
    });
    someRecords.set(list.length, some);
  }
  const named = Object.fromEntries(list.map((key, index) => [`key${index}`, key]));
  const rows = await run(some, { organisationId, type: type.name, ...named });
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

const FOUND = sql`found.key`;

function buildCount(room: Room, at: At, asked: Asked) {
  const { records: r } = room.t;
  const parts = new Parts(room, at, asked);
  const query = room.db.select({ rows: count() });
  if (asked.sources.length > 0) return query.from(sql`(${parts.keys()}) as found`).where(parts.fits(FOUND));
  return query.from(r).where(and(ofType(r, at), parts.fits(r.key, r.modifiedAt)));
}

const ofType = (from: Room["t"]["records" | "recordFields"], at: At) =>
  and(eq(from.organisationId, at("organisationId")), eq(from.type, at("type")));

/** The keys of the page first, in indexes alone, and only of those the records. */
function buildPage(room: Room, at: At, asked: Asked, inSet: boolean) {
  const { records: r, recordFields: f } = room.t;
  const { by } = asked.order;
  const parts = new Parts(room, at, asked);
  const from = by === "field" ? f : r;
  const position = { field: f.value, modified_at: r.modifiedAt, id: r.key }[by];
  const direction = asked.descending ? desc : asc;
  const keys = room.db
    .select({
      key: sql<string>`${from.key}`.as("page_key"),
      position: sql<string | number>`${position}`.as("page_position"),
    })
    .from(from)
    .where(
      and(
        ofType(from, at),
        by === "field" ? eq(f.field, at("orderField")) : undefined,
        parts.isFound(from.key, inSet),
        parts.fits(from.key, by === "field" ? undefined : r.modifiedAt),
      ),
    )
    .orderBy(...(by === "id" ? [direction(r.key)] : [direction(position), direction(from.key)]))
    .limit(at("limit"))
    .offset(at("skip"))
    .as("page");
  return room.db
    .select(recordColumns(r))
    .from(keys)
    .innerJoin(r, and(ofType(r, at), eq(r.key, keys.key)))
    .orderBy(direction(keys.position), direction(keys.key));
}

function buildGathered(room: Room, at: At, asked: Asked) {
  const { records: r } = room.t;
  const parts = new Parts(room, at, asked);
  const direction = asked.descending ? desc : asc;
  const keys = room.db
    .select({ key: sql<string>`${FOUND}`.as("page_key") })
    .from(sql`(${parts.keys()}) as found`)
    .where(parts.fits(FOUND))
    .orderBy(direction(FOUND))
    .limit(at("limit"))
    .offset(at("skip"))
    .as("page");
  return room.db
    .select(recordColumns(r))
    .from(keys)
    .innerJoin(r, and(ofType(r, at), eq(r.key, keys.key)))
    .orderBy(direction(keys.key));
}

function buildPlaced(room: Room, at: At, asked: Asked) {
  const { records: r } = room.t;
  const parts = new Parts(room, at, asked);
  const position = asked.order.by === "field" ? room.member(r.data, at("orderField")) : sql`${r.modifiedAt}`;
  return room.db
    .select({ key: r.key, position: sql<string | number | null>`${position}` })
    .from(sql`(${parts.keys()}) as found`)
    .innerJoin(r, and(ofType(r, at), eq(r.key, FOUND)))
    .where(parts.fits(FOUND, r.modifiedAt));
}

const recordColumns = (r: Room["t"]["records"]) => ({
  key: r.key,
  data: r.data,
  version: r.version,
  createdAt: r.createdAt,
  modifiedAt: r.modifiedAt,
  subject: r.subject,
  actor: r.actor,
});
