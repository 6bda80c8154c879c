/**
 * What objects were like at their latest change, as far as limited grants ask: kept in memory, since hundreds of
 * receivers may have the same changes to look at, each for its own part of them.
 *
 * A change's sequence is that of its object's newest state, so what is kept by it never becomes wrong. It is read from
 * what is committed, also for a bundle that is closed within a transaction: what others have written there but not yet
 * committed has no change yet.
 */
import { type FormerValue, formerValues } from "../records/former.ts";
import { findRecord, type StoredRecord } from "../records/queries.ts";
import type { RecordType } from "../records/types.ts";
import type { Reader } from "../store/store.ts";
import type { ChangeFeed, ChangeRow } from "./service.ts";

export interface ObjectState {
  /** Values of the filter fields as the index has them; undefined: there is no record. */
  values: ReadonlyMap<string, string> | undefined;
  /** Those that it had before; undefined: not asked for. */
  former: readonly FormerValue[] | undefined;
}

/** A state takes about 300 bytes. */
const MAX_KEPT = 20_000;

type Feed = Pick<ChangeFeed, "head" | "store">;

const byFeed = new WeakMap<Feed, ObjectStates>();

export class ObjectStates {
  readonly #feed: Feed;
  /** By organisation and sequence, the oldest first. */
  readonly #kept = new Map<string, ObjectState>();

  private constructor(feed: Feed) {
    this.#feed = feed;
  }

  static of(feed: Feed): ObjectStates {
    let states = byFeed.get(feed);
    if (!states) byFeed.set(feed, (states = new ObjectStates(feed)));
    return states;
  }

  /** The states of changes of one organisation. @param reader  for those that are not committed for others yet */
  async load(rows: readonly (readonly [RecordType, ChangeRow])[], reader: Reader): Promise<ObjectState[]> {
    const missing = rows.filter(([, row]) => !this.#kept.has(nameOf(row)));
    const read = new Map<string, ObjectState>();
    if (missing.length > 0) {
      await this.#committed(missing, reader, async (from, keep) => {
        const loaded = missing.map(async ([type, row]) => {
          const state = { values: await valuesOf(from, type, row), former: undefined };
          read.set(nameOf(row), state);
          if (keep) this.#keep(row, state);
        });
        await Promise.all(loaded);
      });
    }
    return rows.map(([, row]) => this.#kept.get(nameOf(row)) ?? found(read, row));
  }

  /** As {@link load}, with the values that the objects had before. */
  async loadFormer(
    asked: readonly { state: ObjectState; entry: readonly [RecordType, ChangeRow] }[],
    reader: Reader,
  ): Promise<void> {
    const missing = asked.filter(({ state }) => state.former === undefined);
    if (missing.length === 0) return;
    const rows = missing.map(({ entry }) => entry);
    await this.#committed(rows, reader, async (from) => {
      const loaded = missing.map(async ({ state, entry: [, row] }) => {
        state.former = await formerValues(from, row, -1);
      });
      await Promise.all(loaded);
    });
  }

  /** Reads what is committed; where that lags behind the rows (another process wrote them just now), as they were read. */
  async #committed(
    rows: readonly (readonly [RecordType, ChangeRow])[],
    reader: Reader,
    read: (from: Reader, keep: boolean) => Promise<void>,
  ): Promise<void> {
    const last = rows.at(-1)?.[1];
    if (!last) return;
    const newest = Math.max(...rows.map(([, { sequence }]) => sequence));
    const isThere = await this.#feed.store.read(async (committed) => {
      if ((await this.#feed.head(committed, last.organisationId)) < newest) return false;
      await read(committed, true);
      return true;
    });
    if (!isThere) await read(reader, false);
  }

  #keep(row: ChangeRow, state: ObjectState): void {
    if (this.#kept.size >= MAX_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(nameOf(row), state);
  }
}

const nameOf = ({ organisationId, sequence }: ChangeRow): string => `${organisationId}/${sequence}`;

function found(states: ReadonlyMap<string, ObjectState>, row: ChangeRow): ObjectState {
  const state = states.get(nameOf(row));
  if (!state) throw new Error("a state was read and is not there");
  return state;
}

async function valuesOf(
  reader: Reader,
  type: RecordType,
  { organisationId, key }: ChangeRow,
): Promise<ReadonlyMap<string, string> | undefined> {
  const [record] = await reader.run(findRecord, { organisationId, type: type.name, key });
  return record && filterValues(type, record);
}

/** The values of a record's filter fields, as the filter index has them. */
export function filterValues(type: RecordType, { data }: Pick<StoredRecord, "data">): Map<string, string> {
  const fields = type.indexed(JSON.parse(data) as Record<string, unknown>);
  return new Map(fields.map(({ field, value }) => [field, value]));
}
