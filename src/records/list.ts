/**
 * Lists of records: which index gives their order, and the keyset condition that goes on after the last page.
 *
 * Three indexes drive: the primary key (order by id), `records_by_modified` (order by time), and the filter index
 * (order by a declared field). A filter narrows by the filter index; with no other order asked for it also drives.
 * The statement of each shape is prepared once; shapes are few, since they depend on counts, not on names.
 */
import { and, asc, desc, eq, exists, gt, gte, lt, or, type SQL, sql } from "drizzle-orm";

import { type Params, type Room, type Statement, statement } from "../store/statement.ts";
import type { Reader } from "../store/store.ts";
import type { StoredRecord } from "./queries.ts";

export type Order = { by: "id" } | { by: "modified_at" } | { by: "field"; field: string };

export interface ListQuery {
  organisationId: number;
  type: string;
  order: Order;
  descending: boolean;
  /** Field and the index values that match it. All must match. */
  filters: { field: string; values: string[] }[];
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

/** Runs a list. Reads one index range and looks each record up. */
export function listRecords(reader: Reader, query: ListQuery): Promise<ListRow[]> {
  const shape = [
    query.order.by,
    query.descending,
    query.modifiedSince !== undefined,
    query.after !== undefined,
    ...query.filters.map(({ values }) => values.length),
  ].join();
  let list = shapes.get(shape);
  if (!list) {
    list = statement((room: Room, p: Params<Parameters>) => build(room, p, query));
    shapes.set(shape, list);
  }
  const parameters: Parameters = {
    organisationId: query.organisationId,
    type: query.type,
    limit: query.limit,
    ...(query.order.by === "field" && { orderField: query.order.field }),
    ...(query.modifiedSince !== undefined && { modifiedSince: query.modifiedSince }),
    ...(query.after && { afterValue: query.after.value, afterKey: query.after.key }),
  };
  query.filters.forEach(({ field, values }, index) => {
    parameters[`field${index}`] = field;
    values.forEach((value, choice) => {
      parameters[`value${index}_${choice}`] = value;
    });
  });
  return reader.run(list, parameters);
}

function build({ db, t }: Room, p: Params<Parameters>, shape: ListQuery) {
  const { records: r, recordFields: f } = t;
  const parameter = (name: string) => p[name] as Params<{ x: string }>["x"];
  const number = (name: string) => p[name] as Params<{ x: number }>["x"];
  const fieldOrder = shape.order.by === "field";
  // A lone filter in the order of ids is its own index range; otherwise filters are looked up record by record.
  const driving = shape.order.by === "id" && shape.filters[0]?.values.length === 1;
  const throughFields = fieldOrder || driving;
  const key = throughFields ? f.key : r.key;
  const position = fieldOrder ? f.value : shape.order.by === "modified_at" ? r.modifiedAt : key;

  const conditions: (SQL | undefined)[] = throughFields
    ? [
        eq(f.organisationId, number("organisationId")),
        eq(f.type, parameter("type")),
        eq(f.field, fieldOrder ? parameter("orderField") : parameter("field0")),
        driving ? eq(f.value, parameter("value0_0")) : undefined,
      ]
    : [eq(r.organisationId, number("organisationId")), eq(r.type, parameter("type"))];

  shape.filters.forEach(({ values }, index) => {
    if (driving && index === 0) return;
    const other = t.recordFields;
    const choices = values.map((_, choice) => parameter(`value${index}_${choice}`));
    const inner = sql`(select 1 from ${other} as other where other.organisation_id = ${number("organisationId")}
      and other.type = ${parameter("type")} and other.field = ${parameter(`field${index}`)}
      and other.value in (${sql.join(
        choices.map((choice) => sql`${choice}`),
        sql`, `,
      )})
      and other.key = ${key})`;
    conditions.push(exists(inner));
  });
  if (shape.modifiedSince !== undefined) conditions.push(gte(r.modifiedAt, number("modifiedSince")));
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
    .limit(number("limit"));
}
