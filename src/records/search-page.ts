/** A text search as a list of the API has it. */
import { decodeCursor, encodeCursor } from "../http/paging.ts";
import { invalid } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { type Found, searchRecords, type TextSearch } from "./search.ts";

export interface SearchPage {
  rows: Found["records"];
  /** Where the next page begins; null at the end. */
  cursor: string | null;
}

/**
 * A page of what a text finds. What the words' index finds has no order of its own to go on in, so the cursor says how
 * many have been shown.
 * @throws Problem `invalid` for a type without a text search, or a cursor of another one; as {@link searchRecords}
 */
export async function searchPage(
  store: Store,
  search: Omit<TextSearch, "skip" | "limit">,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<SearchPage> {
  const { type, text, organisationId, filters, order, descending, modifiedSince } = search;
  if (type.search.length === 0) throw invalid("search", `${type.name} has no text search`);
  const shape = { organisationId, text, filters, order, descending, modifiedSince };
  const name = JSON.stringify(["search", type.name, shape]);
  const [skip = 0] = cursor === undefined ? [] : decodeCursor(name, cursor, ["number"]);
  const { found, records } = await searchRecords(store, { ...search, skip: Number(skip), limit });
  const shown = Number(skip) + limit;
  return { rows: records, cursor: shown < found ? encodeCursor(name, [shown]) : null };
}
