/** A pull's answer in JSON. */
import type { Fields } from "../../grants/view.ts";
import { decodeId } from "../../records/key.ts";
import type { StoredRecord } from "../../records/queries.ts";
import { dataJson, recordJson } from "../../records/representation.ts";
import type { Found } from "../../records/search.ts";
import type { RecordType } from "../../records/types.ts";
import type { DeletedPage } from "../found.ts";
import type { Pull } from "../pull.ts";

/** How many rows an answer has where nothing is said, and at most. */
export interface RowLimits {
  defaultRows: number;
  maxRows: number;
}

export interface Answer {
  type: RecordType;
  pull: Pull;
  found: Found;
  deleted: DeletedPage | undefined;
  limits: RowLimits;
  warnings: readonly string[];
}

/** What an answer says of itself. */
export function searchBlock({ pull, found, limits, deleted }: Answer): Record<string, unknown> {
  const shown = found.records.length;
  return {
    numRowsFound: found.found,
    shown: {
      numRowsShown: shown,
      firstShownRowNum: shown === 0 ? 0 : pull.firstRow,
      lastShownRowNum: shown === 0 ? 0 : pull.firstRow + shown - 1,
    },
    limits: {
      maxRows: pull.maxRows,
      maxRowsDefault: limits.defaultRows,
      maxRowsAllowed: limits.maxRows,
    },
    ...(pull.verbose && { asked: asked(pull) }),
    ...(deleted && { deletedAfter: deleted.after }),
  };
}

/** How the parameters were understood. */
function asked({ filters, order, descending, modifiedSince, text }: Pull): Record<string, unknown> {
  const by = order.by === "field" ? order.field : order.by;
  return {
    filters: Object.fromEntries(filters.map(({ field, given }) => [field, given])),
    sort: descending ? `-${by}` : by,
    modifiedSince: modifiedSince === undefined ? null : new Date(modifiedSince).toISOString(),
    textSearch: text ?? null,
  };
}

/** So many records are written before others have their turn. */
const BREATH = 500;

export async function jsonText(answer: Answer): Promise<string> {
  const { type, pull, found, deleted, warnings } = answer;
  const one = pull.verbose ? recordJson : flatJson;
  const texts: string[] = [];
  for (const { record, fields } of found.records) {
    if (texts.length > 0 && texts.length % BREATH === 0)
      await new Promise((resolve) => setImmediate(resolve));
    texts.push(one(type, record, fields));
  }
  const records = texts.join(",");
  const rest = [
    `${JSON.stringify(type.name)}:[${records}]`,
    ...(deleted ? [`"deleted":${JSON.stringify(deleted.deleted)}`] : []),
    ...(warnings.length > 0 ? [`"warnings":${JSON.stringify(warnings)}`] : []),
  ];
  return `{"search":${JSON.stringify(searchBlock(answer))},${rest.join(",")}}`;
}

/** A record without what is ours. */
function flatJson(type: RecordType, record: StoredRecord, fields: Fields): string {
  const id = JSON.stringify(decodeId(type.key, record.key));
  const data = dataJson(record.data, fields).slice(1, -1);
  return data === "" ? `{"id":${id}}` : `{"id":${id},${data}}`;
}
