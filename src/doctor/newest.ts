/** The newest that is stored, by its id: what a clock that is behind, or was ahead, is known by. */
import type { Store } from "../store/store.ts";
import { newestDelivery, newestOperation } from "./queries.ts";

/** @returns when it was made, milliseconds since 1970; 0: there is nothing */
export async function newestStored(store: Pick<Store, "read">): Promise<number> {
  const [[delivery], [operation]] = await store.read((reader) =>
    Promise.all([reader.run(newestDelivery, {}), reader.run(newestOperation, {})]),
  );
  return Math.max(timeOf(delivery?.id), timeOf(operation?.id));
}

/** The time in a UUIDv7 (RFC 9562, 5.7), or in the id of a delivery, ms since 1970; 0: there is none. */
export function timeOf(id: string | null | undefined): number {
  const hex = (id ?? "").replace(/^msg_/, "").replaceAll("-", "").slice(0, 12);
  return /^[0-9a-f]{12}$/.test(hex) ? Number.parseInt(hex, 16) : 0;
}
