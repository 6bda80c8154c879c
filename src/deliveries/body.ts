/** What a bundle is sent as: the frozen bodies of its deliveries. */
import { randomBytes } from "node:crypto";

import { locate } from "../changes/representation.ts";
import type { ChangeRow } from "../changes/queries.ts";
import type { Format } from "../receivers/receiver.ts";
import type { TypeRegistry } from "../records/types.ts";

export interface Sealed {
  /** Also the `webhook-id`. */
  id: string;
  topics: string[];
  body: string;
}

export interface BundleContext {
  types: TypeRegistry;
  publicUrl: string;
  organisation: string;
  /** JSON of the records of the bundle by `object/key`, where the payload is to be full. */
  data?: ReadonlyMap<string, string>;
}

let lastAt = 0;
let counter = 0;

/**
 * `msg_` and a UUIDv7 of the time `at`: ids sort by the time of their making, and the log finds times by them. Within
 * a millisecond a counter of 26 bits keeps the order (RFC 9562, section 6.2, method 1); the 12 bits that Bun's own
 * function counts with run over in a bundle of many events.
 */
export function newDeliveryId(at: number): string {
  counter = at === lastAt ? counter + 1 : 0;
  lastAt = at;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  const high = hex((counter >> 14) & 0xfff, 3);
  const low = hex(0x8000 | (counter & 0x3fff), 4);
  return `msg_${hex(at, 12)}7${high}${low}${randomBytes(6).toString("hex")}`;
}

/**
 * The deliveries that changes become: all of them in one (`changes`, exactly S1's), or one each (`event`).
 * @param at  the time of their making, as `created_at` has it
 */
export function seal(
  format: Format,
  changes: readonly ChangeRow[],
  at: number,
  context: BundleContext,
): Sealed[] {
  if (format === "changes") {
    const items = changes.map((row) => {
      const { id, url } = locate(context.types, context.publicUrl, row);
      return { action: row.action, object: row.object, id, url };
    });
    const topics = [...new Set(changes.map(({ topic }) => topic))];
    return [{ id: newDeliveryId(at), topics, body: JSON.stringify({ changes: items }) }];
  }
  return changes.map((row) => {
    const delivery = newDeliveryId(at);
    const { id, url } = locate(context.types, context.publicUrl, row);
    const event = JSON.stringify({
      id: delivery,
      topic: row.topic,
      timestamp: new Date(row.at).toISOString(),
      organisation: context.organisation,
      object: row.object,
      object_id: id,
      url,
      sequence: row.sequence,
      ...(row.actor !== null && { subject: row.subject ?? undefined, actor: row.actor }),
    });
    const data = context.data?.get(`${row.object}/${row.key}`);
    return {
      id: delivery,
      topics: [row.topic],
      body: data === undefined ? event : `${event.slice(0, -1)},"data":${data}}`,
    };
  });
}
