/** The SQL that the statements of lists by row number are made of. */
import { and, type Placeholder, type SQL, sql, type SQLWrapper } from "drizzle-orm";

import type { Room } from "../store/statement.ts";
import { type Clause, clauseSql, type Filter, hasValue } from "./condition.ts";

/** The place of a parameter in a statement. */
export type At = (name: string) => Placeholder;

/** What narrows a list. */
export interface Narrowed {
  /** Where its rows come from: those that any of these alternatives finds, each with all of its filters. None: all. */
  sources: Clause;
  /** What they are held against beside that. */
  narrow: readonly Filter[];
  clauses: readonly Clause[];
  /** Milliseconds. */
  modifiedSince: number | undefined;
}

/** The parameters of all that narrows it, by the names that {@link Parts} gives them. */
export function narrowing({ sources, narrow, clauses }: Narrowed): Record<string, string> {
  const parameters: Record<string, string> = {};
  const add = ({ field, values }: Filter, place: string) => {
    parameters[`field${place}`] = field;
    values.forEach((value, choice) => {
      parameters[`value${place}_${choice}`] = value;
    });
  };
  const addAll = (clause: Clause, place: string) =>
    clause.forEach((some, a) => some.forEach((filter, f) => add(filter, `${place}_${a}_${f}`)));
  addAll(sources, "_source");
  narrow.forEach((filter, index) => add(filter, `_${index}`));
  clauses.forEach((clause, c) => addAll(clause, `_clause_${c}`));
  return parameters;
}

/** The parts of a query's SQL: `key` is that of the row which it is about. */
export class Parts {
  readonly #room: Room;
  readonly #at: At;
  readonly #asked: Narrowed;

  constructor(room: Room, at: At, asked: Narrowed) {
    this.#room = room;
    this.#at = at;
    this.#asked = asked;
  }

  #values({ values }: Filter, place: string) {
    return values.map((_, choice) => this.#at(`value${place}_${choice}`));
  }

  #has(key: SQLWrapper, filter: Filter, place: string): SQL {
    const at = this.#at;
    const where = { organisationId: at("organisationId"), type: at("type"), key };
    return hasValue(this.#room, where, at(`field${place}`), this.#values(filter, place));
  }

  /** The keys that the sources find, each once. */
  keys(): SQL {
    const at = this.#at;
    const { recordFields } = this.#room.t;
    const selects = this.#asked.sources.map(([first, ...others], a) => {
      if (!first) throw new Error("a source without a filter");
      const values = sql.join(this.#values(first, `_source_${a}_0`), sql`, `);
      const more = others.map(
        (filter, f) => sql` and ${this.#has(sql`lead.key`, filter, `_source_${a}_${f + 1}`)}`,
      );
      return sql`select lead.key as key from ${recordFields} as lead
        where lead.organisation_id = ${at("organisationId")} and lead.type = ${at("type")}
        and lead.field = ${at(`field_source_${a}_0`)} and lead.value in (${values})${sql.join(more)}`;
    });
    return sql.join(selects, sql` union `);
  }

  /** Whether a row is one of those that the sources find. */
  isFound(key: SQLWrapper, inSet: boolean): SQL | undefined {
    if (this.#asked.sources.length === 0) return undefined;
    if (inSet) return sql`${key} in (${this.keys()})`;
    return clauseSql(this.#asked.sources, (filter, place) => this.#has(key, filter, `_source_${place}`));
  }

  /** All else. @param written  the row's time, where it is at hand */
  fits(key: SQLWrapper, written?: SQLWrapper): SQL | undefined {
    const at = this.#at;
    const { narrow, clauses, modifiedSince } = this.#asked;
    return and(
      ...narrow.map((filter, index) => this.#has(key, filter, `_${index}`)),
      ...clauses.map((clause, c) =>
        clauseSql(clause, (filter, name) => this.#has(key, filter, `_clause_${c}_${name}`)),
      ),
      modifiedSince === undefined
        ? undefined
        : written
          ? sql`${written} >= ${at("since")}`
          : this.#isSince(key),
    );
  }

  #isSince(key: SQLWrapper): SQL {
    const at = this.#at;
    return sql`exists (select 1 from ${this.#room.t.records} as written
      where written.organisation_id = ${at("organisationId")} and written.type = ${at("type")}
      and written.key = ${key} and written.modified_at >= ${at("since")})`;
  }
}
