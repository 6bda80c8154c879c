/** What a file that replaces does not have: found by walking over the records that there are, in order of their ids. */
import { and, asc, eq, gt } from "drizzle-orm";

import type { RecordType } from "../records/types.ts";
import { type Params, statement } from "../store/statement.ts";
import type { Reader } from "../store/store.ts";
import { keysAmong } from "./queries.ts";

/** Records that are looked at, and of which what is too much is removed in one transaction. */
const SLICE = 200;

const recordKeys = statement(
  ({ db, t }, p: Params<{ organisationId: number; type: string; after: string; limit: number }>) =>
    db
      .select({ key: t.records.key })
      .from(t.records)
      .where(
        and(
          eq(t.records.organisationId, p.organisationId),
          eq(t.records.type, p.type),
          gt(t.records.key, p.after),
        ),
      )
      .orderBy(asc(t.records.key))
      .limit(p.limit),
);

export interface Slice {
  /** Keys of records that were not in the file, whosever they are. */
  keys: string[];
  /** Up to where it was looked. */
  after: string;
  last: boolean;
}

export class Removal {
  readonly #operationId: string;
  readonly #organisationId: number;
  readonly #type: RecordType;

  constructor(of: { operationId: string; organisationId: number; type: RecordType }) {
    this.#operationId = of.operationId;
    this.#organisationId = of.organisationId;
    this.#type = of.type;
  }

  async slice(reader: Reader, after: string): Promise<Slice> {
    const place = { organisationId: this.#organisationId, type: this.#type.name };
    const found = await reader.run(recordKeys, { ...place, after, limit: SLICE });
    const keys = found.map(({ key }) => key);
    const known = keys.length === 0 ? [] : await reader.query(keysAmong(this.#operationId, keys));
    const inFile = new Set(known.map(({ key }) => key));
    return {
      keys: keys.filter((key) => !inFile.has(key)),
      after: keys.at(-1) ?? after,
      last: found.length < SLICE,
    };
  }
}
