/** The statements of lists by row number: each shape of a query is built once (as in `list.ts`). */
import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  type Placeholder,
  type SQL,
  sql,
  type SQLWrapper,
} from "drizzle-orm";

import { invalid } from "../problem.ts";
import { type Params, type Room, type Statement, statement } from "../store/statement.ts";
import type { AsideReader } from "../store/store.ts";
import { type Clause, clauseShape, clauseSql, type Filter, hasValue } from "./condition.ts";
import type { NumberedQuery } from "./numbered.ts";
import type { StoredRecord } from "./queries.ts";

/** Each shape stays prepared. They depend on numbers of things, not on names; only grants have rare ones. */
const MAX_SHAPES = 500;

/** A query with all that narrows it by the filter index: what finds least comes first. */
export interface Asked extends NumberedQuery {
  narrow: readonly Filter[];
  clauses: readonly Clause[];
}

/** How many rows a value of a field has, up to a limit. */
export const rowsOf = statement(
  (
    { db, t: { recordFields: f } },
    p: Params<{ organisationId: number; type: string; field: string; value: string; limit: number }>,
  ) => {
    const some = db
      .select({ key: f.key })
      .from(f)
      .where(
        and(
          eq(f.organisationId, p.organisationId),
          eq(f.type, p.type),
          eq(f.field, p.field),
          eq(f.value, p.value),
        ),
      )
      .limit(p.limit)
      .as("some");
    return db.select({ rows: count() }).from(some);
  },
);

type Parameters = Record<string, string | number>;

function parametersOf(asked: Asked): Parameters {
  const parameters: Parameters = {
    organisationId: asked.organisationId,
    type: asked.type.name,
    skip: asked.skip,
    limit: asked.limit,
    ...(asked.order.by === "field" && { orderField: asked.order.field }),
    ...(asked.modifiedSince !== undefined && { since: asked.modifiedSince }),
  };
  const add = ({ field, values }: Filter, place: string) => {
    parameters[`field${place}`] = field;
    values.forEach((value, choice) => {
      parameters[`value${place}_${choice}`] = value;
    });
  };
  asked.narrow.forEach((filter, index) => add(filter, String(index)));
  asked.clauses.forEach((clause, c) =>
    clause.forEach((some, a) => some.forEach((filter, f) => add(filter, `${c}_${a}_${f}`))),
  );
  return parameters;
}

type Asks = "count" | "page" | "page-set" | "all";
type At = (name: string) => Placeholder;

const shapes = new Map<string, Statement<Parameters, never>>();

/** @throws Error where so many shapes are prepared that more would be too many */
function shape<R>(
  asks: Asks,
  asked: Asked,
  build: (room: Room, at: At, asked: Asked) => PromiseLike<R> & { prepare(): unknown },
): Statement<Parameters, R> {
  const { order, descending, modifiedSince, narrow, clauses } = asked;
  const name = [
    ...[asks, order.by, descending, modifiedSince !== undefined],
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
export async function countRows(reader: AsideReader, asked: Asked): Promise<number> {
  const [row] = await reader.run(shape("count", asked, buildCount), parametersOf(asked));
  return row?.rows ?? 0;
}

/** The page, in order. @param inSet  whether the first filter's keys are gathered before */
export function page(reader: AsideReader, asked: Asked, inSet: boolean): Promise<StoredRecord[]> {
  const build = (room: Room, at: At, one: Asked) => buildPage(room, at, one, inSet);
  return reader.run(shape(inSet ? "page-set" : "page", asked, build), parametersOf(asked));
}

/** All of them, in no order: for where there are few. */
export function all(reader: AsideReader, asked: Asked): Promise<StoredRecord[]> {
  return reader.run(shape("all", asked, buildAll), parametersOf(asked));
}

/** Where the rows of a query come from. */
type Driver = "records" | "lead" | "order";

/** What of the rows of a driver is left. */
function conditions(room: Room, at: At, asked: Asked, driver: Driver, inSet = false): SQL | undefined {
  const { records: r, recordFields: f } = room.t;
  const from = driver === "records" ? r : f;
  const place = { organisationId: at("organisationId"), type: at("type"), key: from.key };
  const values = ({ values }: Filter, name: string) =>
    values.map((_, choice) => at(`value${name}_${choice}`));
  const has = (filter: Filter, name: string) =>
    hasValue(room, place, at(`field${name}`), values(filter, name));
  const [lead] = asked.narrow;
  return and(
    eq(from.organisationId, place.organisationId),
    eq(from.type, place.type),
    driver === "records" ? undefined : eq(f.field, at(driver === "lead" ? "field0" : "orderField")),
    driver === "lead" && lead ? inArray(f.value, values(lead, "0")) : undefined,
    ...asked.narrow.map((filter, index) => {
      if (index === 0 && driver === "lead") return undefined;
      return index === 0 && inSet ? inKeys(room, at, filter, from.key) : has(filter, String(index));
    }),
    ...asked.clauses.map((clause, c) => clauseSql(clause, (filter, name) => has(filter, `${c}_${name}`))),
    asked.modifiedSince === undefined
      ? undefined
      : driver === "records"
        ? gte(r.modifiedAt, at("since"))
        : sql`exists (select 1 from ${r} as written where written.organisation_id = ${place.organisationId}
            and written.type = ${place.type} and written.key = ${f.key} and written.modified_at >= ${at("since")})`,
  );
}

/** Whether a key is among those that the first filter finds, which the database gathers once. */
function inKeys({ t }: Room, at: At, { values }: Filter, key: SQLWrapper): SQL {
  const list = values.map((_, choice) => at(`value0_${choice}`));
  return sql`${key} in (select wanted.key from ${t.recordFields} as wanted
    where wanted.organisation_id = ${at("organisationId")} and wanted.type = ${at("type")}
    and wanted.field = ${at("field0")} and wanted.value in (${sql.join(list, sql`, `)}))`;
}

function buildCount(room: Room, at: At, asked: Asked) {
  const { records, recordFields } = room.t;
  const query = room.db.select({ rows: count() });
  if (asked.narrow.length === 0) return query.from(records).where(conditions(room, at, asked, "records"));
  return query.from(recordFields).where(conditions(room, at, asked, "lead"));
}

/** The keys of the page first, in indexes alone, and only of those the records. */
function buildPage(room: Room, at: At, asked: Asked, inSet: boolean) {
  const { db, t } = room;
  const { records: r, recordFields: f } = t;
  const { by } = asked.order;
  // One value's rows are in the order of ids.
  const isRange = by === "id" && asked.narrow[0]?.values.length === 1;
  const driver: Driver = by === "field" ? "order" : isRange ? "lead" : "records";
  const from = driver === "records" ? r : f;
  const position = by === "field" ? f.value : by === "modified_at" ? r.modifiedAt : from.key;
  const direction = asked.descending ? desc : asc;
  const columns = {
    key: sql<string>`${from.key}`.as("page_key"),
    position: sql<string | number>`${position}`.as("page_position"),
  };
  const keys = db
    .select(columns)
    .from(from)
    .where(conditions(room, at, asked, driver, inSet))
    .orderBy(...(by === "id" ? [direction(from.key)] : [direction(position), direction(from.key)]))
    .limit(at("limit"))
    .offset(at("skip"))
    .as("page");
  return db
    .select(recordColumns(r))
    .from(keys)
    .innerJoin(
      r,
      and(eq(r.organisationId, at("organisationId")), eq(r.type, at("type")), eq(r.key, keys.key)),
    )
    .orderBy(direction(keys.position), direction(keys.key));
}

function buildAll(room: Room, at: At, asked: Asked) {
  const { records: r, recordFields: f } = room.t;
  return room.db
    .select(recordColumns(r))
    .from(f)
    .innerJoin(r, and(eq(r.organisationId, f.organisationId), eq(r.type, f.type), eq(r.key, f.key)))
    .where(conditions(room, at, asked, "lead"));
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
