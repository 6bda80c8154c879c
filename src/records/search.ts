/**
 * Full text search of a type's records, over the fields that its YAML names (`search`).
 *
 * The index knows each word together with the field it stands in, so that nobody finds a record by words of a field
 * that he may not see. It knows the values of the filter fields, too: a text, filters and the limits of grants are one
 * expression that the index answers alone.
 */
import type { Fields, View } from "../grants/view.ts";
import type { Store } from "../store/store.ts";
import type { Filter } from "./condition.ts";
import type { Order } from "./list.ts";
import type { StoredRecord } from "./queries.ts";
import type { RecordType } from "./types.ts";

export interface TextSearch {
  organisationId: number;
  /** With at least one field in `search`. */
  type: RecordType;
  /** What the reader may see: `viewOf(grants, type, "read")`. Which records, by which fields: all is obeyed here. */
  view: View;
  /**
   * As somebody typed it. Every word of it must stand in a field that he may see of that record, in any order, whatever
   * its case and accents; words of three letters or more may go on (`svets` finds `svetsning`). Signs mean nothing. A
   * text without a word finds nothing.
   */
  text: string;
  /** As for a list: of fields in `view.fields` (the caller refuses others), values by `RecordType.filterValues`. */
  filters: readonly Filter[];
  /** By a field only where every alternative of the view shows it (the caller refuses others). */
  order: Order;
  descending: boolean;
  /** Only what was modified at this time or later, milliseconds. */
  modifiedSince: number | undefined;
  /** So many of the first are left out: `firstRow - 1`. */
  skip: number;
  limit: number;
}

export interface Found {
  /** How many there are in all. */
  found: number;
  /** The page, in order, each with the fields that may be seen of it. Ties are in the order of ids. */
  records: { record: StoredRecord; fields: Fields }[];
}

/** Searches. @throws Problem `unavailable` where too many searches wait already */
export type SearchRecords = (store: Store, search: TextSearch) => Promise<Found>;
