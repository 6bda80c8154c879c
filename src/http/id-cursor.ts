/** Cursors of lists that are in order of their ids alone. */
import { invalid } from "../problem.ts";
import { decodeCursor } from "./paging.ts";

/**
 * @param list  as for `encodeCursor`
 * @param id  what the list's ids look like: a cursor is sent by the caller, and may hold what no database bears
 * @returns the last id of the page before
 * @throws Problem `invalid`
 */
export function decodeIdCursor(list: string, cursor: string, id: RegExp): string {
  const [last = ""] = decodeCursor(list, cursor, ["string"]);
  if (!id.test(String(last)))
    throw invalid("cursor", "is not a cursor; take the next_cursor of the page before");
  return String(last);
}
