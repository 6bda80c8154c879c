/** A change as it is sent: in the feed's items, in server-sent events and in webhooks. */
import { decodeId, type RecordId } from "../records/key.ts";
import { recordPath } from "../records/representation.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { ChangeRow } from "./queries.ts";
import { ownPath } from "./topics.ts";

export interface ChangeItem {
  sequence: number;
  topic: string;
  action: string;
  object: string;
  id: RecordId;
  /** Where the object can be fetched; a removed one has none. */
  url?: string;
  at: string;
  /** Who did it in whose name, where these are two. */
  subject?: string | undefined;
  actor?: string;
}

/** Where the object of a change can be fetched and what its id is in JSON. */
export function locate(
  types: TypeRegistry,
  publicUrl: string,
  row: ChangeRow,
): { id: RecordId; url?: string } {
  const type = types.ofObject(row.object);
  if (!type) {
    const path = row.action === "destroy" ? undefined : ownPath(row.object, row.key);
    return path === undefined ? { id: row.key } : { id: row.key, url: publicUrl + path };
  }
  const id = decodeId(type.key, row.key);
  return row.action === "destroy" ? { id } : { id, url: publicUrl + recordPath(type, row.key) };
}

export function changeItem(types: TypeRegistry, publicUrl: string, row: ChangeRow): ChangeItem {
  const { id, url } = locate(types, publicUrl, row);
  return {
    sequence: row.sequence,
    topic: row.topic,
    action: row.action,
    object: row.object,
    id,
    ...(url !== undefined && { url }),
    at: new Date(row.at).toISOString(),
    ...(row.actor !== null && { subject: row.subject ?? undefined, actor: row.actor }),
  };
}
