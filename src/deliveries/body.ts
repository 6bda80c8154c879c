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
 * The deliveries that changes become: all of them in one (`changes`, exactly S1's, and `cloudevents`), or one each
 * (`event`).
 * @param at  the time of their making, as `created_at` has it
 */
export function seal(
  format: Format,
  changes: readonly ChangeRow[],
  at: number,
  context: BundleContext,
): Sealed[] {
  if (format === "event") return changes.map((row) => sealEvent(row, newDeliveryId(at), context));
  const id = newDeliveryId(at);
  const topics = [...new Set(changes.map(({ topic }) => topic))];
  const body =
    format === "changes"
      ? JSON.stringify({ changes: changes.map((row) => shortChange(row, context)) })
      : cloudEvents(changes.map((row, index) => cloudEvent(row, `${id}-${index}`, context)));
  return [{ id, topics, body }];
}

function shortChange(row: ChangeRow, { types, publicUrl }: BundleContext) {
  const { id, url } = locate(types, publicUrl, row);
  return { action: row.action, object: row.object, id, url };
}

function sealEvent(row: ChangeRow, delivery: string, context: BundleContext): Sealed {
  const event = JSON.stringify({
    id: delivery,
    topic: row.topic,
    timestamp: new Date(row.at).toISOString(),
    organisation: context.organisation,
    ...toldOf(row, context),
  });
  return { id: delivery, topics: [row.topic], body: withRecord(event, row, context) };
}

/** What an event tells: at the top of our own, in the `data` of a CloudEvent. */
function toldOf(row: ChangeRow, { types, publicUrl }: BundleContext) {
  const { id, url } = locate(types, publicUrl, row);
  return { object: row.object, object_id: id, url, sequence: row.sequence, ...actorOf(row) };
}

/** Who did it in whose name, where these are two. */
function actorOf({ subject, actor }: ChangeRow) {
  return actor === null ? {} : { subject: subject ?? undefined, actor };
}

/** Adds the record to the JSON of an object, where it is to be there. */
function withRecord(object: string, row: ChangeRow, { data }: BundleContext): string {
  const record = data?.get(`${row.object}/${row.key}`);
  return record === undefined ? object : `${object.slice(0, -1)},"data":${record}}`;
}

/** CloudEvents 1.0, JSON event format (section 3.1) and, for several, its batch (section 4). */
function cloudEvents(events: readonly string[]): string {
  const [first] = events;
  return events.length === 1 && first !== undefined ? first : `[${events.join(",")}]`;
}

function cloudEvent(row: ChangeRow, id: string, context: BundleContext): string {
  const told = toldOf(row, context);
  const head = JSON.stringify({
    specversion: "1.0",
    id,
    source: sourceOf(context),
    type: row.topic,
    subject: `${row.object}/${told.object_id}`,
    time: new Date(row.at).toISOString(),
    datacontenttype: "application/json",
  });
  return `${head.slice(0, -1)},"data":${withRecord(JSON.stringify(told), row, context)}}`;
}

/** A URI for each organisation; with an event's `id` it names the event in the world (CloudEvents 1.0, 3.1). */
function sourceOf({ publicUrl, organisation }: Pick<BundleContext, "publicUrl" | "organisation">): string {
  return `${publicUrl}/${organisation}`;
}

/**
 * The media type of a body, which tells it by its first character: the receiver may have another format by the time
 * that an old delivery is sent again.
 */
export function contentTypeOf(body: string): string {
  if (body.startsWith("[")) return "application/cloudevents-batch+json";
  return body.startsWith('{"specversion":') ? "application/cloudevents+json" : "application/json";
}

/** The topic of a delivery that somebody asked for to see whether it arrives. It is in no receiver's topics. */
export const TEST_TOPIC = "Receivers.Test";

/** A delivery that tells of nothing, in the receiver's own format. */
export function sealTest(
  format: Format,
  receiverId: string,
  at: number,
  { publicUrl, organisation }: Pick<BundleContext, "publicUrl" | "organisation">,
): Sealed {
  const id = newDeliveryId(at);
  const url = `${publicUrl}/api/v1/receivers/${receiverId}`;
  const time = new Date(at).toISOString();
  const object = "receiver";
  const body = {
    changes: { changes: [] },
    event: { id, topic: TEST_TOPIC, timestamp: time, organisation, object, object_id: receiverId, url },
    cloudevents: {
      specversion: "1.0",
      id: `${id}-0`,
      source: sourceOf({ publicUrl, organisation }),
      type: TEST_TOPIC,
      subject: `${object}/${receiverId}`,
      time,
      datacontenttype: "application/json",
      data: { object, object_id: receiverId, url },
    },
  }[format];
  return { id, topics: [TEST_TOPIC], body: JSON.stringify(body) };
}
