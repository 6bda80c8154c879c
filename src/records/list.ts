/**
 * Lists of records: which index gives their order, and the keyset condition that goes on after the last page.
 *
 * Three indexes drive: the primary key (order by id), `records_by_modified` (order by time), and the filter index
 * (order by a declared field). A filter narrows by the filter index; with no other order asked for it also drives.
 * The statement of each shape is prepared once; shapes are few, since they depend on counts, not on names.
 */
import {
  and,
  asc,
  desc,
  eq,
  gt,
  gte,
  lt,
  or,
  type Placeholder,
  type SQL,
  sql,
  type SQLWrapper,
} from "drizzle-orm";

import { type Params, type Room, type Statement, statement } from "../store/statement.ts";
import type { Reader } from "../store/store.ts";
import { type Clause, clauseShape, clauseSql, type Filter, hasValue } from "./condition.ts";
import type { StoredRecord } from "./queries.ts";

export type Order = { by: "id" } | { by: "modified_at" } | { by: "field"; field: string };

export interface ListQuery {
  organisationId: number;
  type: string;
  order: Order;
  descending: boolean;
  /** Field and the index values that match it. All must match. */
  filters: Filter[];
  /** What the reader may see, as `condition.ts` makes it of his view; empty: everything. All must hold. */
  clauses?: readonly Clause[];
  /** Only what was modified at this time or later, milliseconds. */
  modifiedSince: number | undefined;
  /** The order's value and the key of the last record of the page before. */
  after: { value: string | number; key: string } | undefined;
  limit: number;
}

export interface ListRow extends StoredRecord {
  /** The value that the order went by. */
  position: string | number;
}

export const MAX_FILTERS = 8;

type Parameters = Record<string, string | number>;

const shapes = new Map<string, Statement<Parameters, ListRow[]>>();
/** Each shape stays prepared on each connection. Only grants with many alternatives have rare ones. */
const MAX_SHAPES = 500;

/** Runs a list. Reads one index range and looks each record up. */
export function listRecords(reader: Reader, query: ListQuery): Promise<ListRow[]> {
  const shape = shapeOf(query);
  const parameters = parametersOf(query, shape);
  const name = [
    query.order.by,
    query.descending,
    query.modifiedSince !== undefined,
    query.after !== undefined,
    ...shape.filters.map(({ values }) => values.length),
    clauseShape(shape.clauses),
  ].join();
  let list = shapes.get(name);
  if (!list) {
    if (shapes.size >= MAX_SHAPES)
      return reader.query((room) => build(room, given(parameters), query.limit, shape));
    list = statement((room: Room, p: Params<Parameters>) =>
      build(room, (parameter) => p[parameter], sql.placeholder("limit"), shape),
    );
    shapes.set(name, list);
  }
  return reader.run(list, parameters);
}

/** A query with all that narrows it in one place: a clause with one alternative is as good as filters. */
interface Shape extends ListQuery {
  clauses: readonly Clause[];
}

function shapeOf(query: ListQuery): Shape {
  const { filters, clauses = [] } = query;
  const single = clauses.flatMap((clause) => (clause.length === 1 ? (clause[0] ?? []) : []));
  if (single.length === 0) return { ...query, clauses };
  return {
    ...query,
    filters: [...filters, ...single],
    clauses: clauses.filter(({ length }) => length !== 1),
  };
}

function parametersOf(query: ListQuery, { filters, clauses }: Shape): Parameters {
  const parameters: Parameters = {
    organisationId: query.organisationId,
    type: query.type,
    limit: query.limit,
    ...(query.order.by === "field" && { orderField: query.order.field }),
    ...(query.modifiedSince !== undefined && { modifiedSince: query.modifiedSince }),
    ...(query.after && { afterValue: query.after.value, afterKey: query.after.key }),
  };
  const add = ({ field, values }: Filter, place: string) => {
    parameters[`field${place}`] = field;
    values.forEach((value, choice) => {
      parameters[`value${place}_${choice}`] = value;
    });
  };
  filters.forEach((filter, index) => add(filter, String(index)));
  clauses.forEach((clause, c) =>
    clause.forEach((some, a) => some.forEach((filter, f) => add(filter, `${c}_${a}_${f}`))),
  );
  return parameters;
}

/** How a query that is built names its parameters: placeholders, or the values themselves. */
type Lookup = (name: string) => SQLWrapper | undefined;

const given =
  (parameters: Parameters): Lookup =>
  (name) =>
    parameters[name] === undefined ? undefined : sql`${parameters[name]}`;

function build(room: Room, lookup: Lookup, limit: number | Placeholder, shape: Shape) {
  const { db, t } = room;
  const { records: r, recordFields: f } = t;
  const parameter = (name: string): SQLWrapper => {
    const found = lookup(name);
    if (!found) throw new Error(`the list's parameter ${name} is missing`);
    return found;
  };
  const fieldOrder = shape.order.by === "field";
  // A filter for one value in the order of ids is its own index range; otherwise filters are looked up record by record.
  const lead = shape.order.by === "id" ? shape.filters.findIndex(({ values }) => values.length === 1) : -1;
  const driving = lead >= 0;
  const throughFields = fieldOrder || driving;
  const key = throughFields ? f.key : r.key;
  const position = fieldOrder ? f.value : shape.order.by === "modified_at" ? r.modifiedAt : key;
  const asked = { organisationId: parameter("organisationId"), type: parameter("type"), key };

  const conditions: (SQL | undefined)[] = throughFields
    ? [
        eq(f.organisationId, asked.organisationId),
        eq(f.type, asked.type),
        eq(f.field, parameter(fieldOrder ? "orderField" : `field${lead}`)),
        driving ? eq(f.value, parameter(`value${lead}_0`)) : undefined,
      ]
    : [eq(r.organisationId, asked.organisationId), eq(r.type, asked.type)];

  const matches = ({ values }: Filter, place: string) =>
    hasValue(
      room,
      asked,
      parameter(`field${place}`),
      values.map((_, choice) => parameter(`value${place}_${choice}`)),
    );
  shape.filters.forEach((filter, index) => {
    if (index !== lead) conditions.push(matches(filter, String(index)));
  });
  shape.clauses.forEach((clause, c) => {
    conditions.push(clauseSql(clause, (filter, place) => matches(filter, `${c}_${place}`)));
  });
  if (shape.modifiedSince !== undefined) conditions.push(gte(r.modifiedAt, parameter("modifiedSince")));
  if (shape.after) {
    const beyond = shape.descending ? lt : gt;
    if (shape.order.by === "id") conditions.push(beyond(key, parameter("afterKey")));
    else {
      const value = parameter("afterValue");
      // Both halves, so that the index range begins at the value and not at the list's beginning.
      conditions.push(
        shape.descending ? sql`${position} <= ${value}` : sql`${position} >= ${value}`,
        or(beyond(position, value), and(eq(position, value), beyond(key, parameter("afterKey")))),
      );
    }
  }
  const direction = shape.descending ? desc : asc;
  const columns = {
    key: r.key,
    data: r.data,
    version: r.version,
    createdAt: r.createdAt,
    modifiedAt: r.modifiedAt,
    subject: r.subject,
    actor: r.actor,
    position: sql<string | number>`${position}`.mapWith(position).as("position"),
  };
  const base = throughFields
    ? db
        .select(columns)
        .from(f)
        .innerJoin(r, and(eq(r.organisationId, f.organisationId), eq(r.type, f.type), eq(r.key, f.key)))
    : db.select(columns).from(r);
  return base
    .where(and(...conditions))
    .orderBy(direction(position), direction(key))
    .limit(limit);
}
