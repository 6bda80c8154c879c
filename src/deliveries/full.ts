/** Records as the `full` payload has them. */
import type { ChangeRow } from "../changes/service.ts";
import { ownResource } from "../changes/topics.ts";
import { allows, type Grant } from "../grants/grant.ts";
import { decideBy, type Fields, viewOf } from "../grants/view.ts";
import { decodeId } from "../records/key.ts";
import { findRecord } from "../records/queries.ts";
import { dataJson } from "../records/representation.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Reader, Transaction } from "../store/store.ts";

/** JSON of an object of the server's own, where its kind has some for events; undefined: none, or it is not there. */
export type OwnData = (reader: Reader, row: ChangeRow) => Promise<string | undefined>;

/**
 * The objects of a bundle as they are now, with the fields that the grants let see: JSON by `object/key`.
 * @param ownData  of those that the grants let read
 */
export async function fullData(
  tx: Transaction,
  types: TypeRegistry,
  grants: readonly Grant[],
  rows: readonly ChangeRow[],
  ownData: OwnData,
): Promise<Map<string, string>> {
  const data = new Map<string, string>();
  for (const row of rows) {
    const { organisationId, object, key, action } = row;
    const type = types.ofObject(object);
    const resource = type ? undefined : ownResource(object);
    if (resource !== undefined && action !== "destroy" && allows(grants, resource, "read")) {
      const own = await ownData(tx, row);
      if (own !== undefined) data.set(`${object}/${key}`, own);
    }
    const view = type && viewOf(grants, type, "read");
    if (!type || !view || action !== "update") continue;
    const [record] = await tx.run(findRecord, { organisationId, type: type.name, key });
    if (!record) continue;
    const { allowed, fields } = view.unlimited
      ? { allowed: true, fields: "all" as const }
      : decideBy(view, JSON.parse(record.data) as Record<string, unknown>);
    if (allowed) data.set(`${object}/${key}`, fullRecord(type, key, record.data, fields));
  }
  return data;
}

/** @param data  the record's data as stored: JSON of an object */
export function fullRecord(type: RecordType, key: string, data: string, fields: Fields): string {
  const id = JSON.stringify(decodeId(type.key, key));
  const members = (fields === "all" ? data : dataJson(data, fields)).slice(1, -1);
  return members === "" ? `{"id":${id}}` : `{"id":${id},${members}}`;
}
