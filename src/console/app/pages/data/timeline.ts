/** What is known to have become of a record, newest first: who was told of it, its last change, its making. */
import type { Schemas } from "../../../../../sdk/typescript/src/api.ts";
import type { RecordOut } from "./record-out.ts";

export type Delivery = Schemas["Delivery"];

interface Who {
  /** In whose name; undefined where it is not known any more. */
  by: string | undefined;
  /** The account that acted in that name. */
  through: string | undefined;
}

export type Entry =
  | { kind: "told"; key: string; at: string; delivery: Delivery }
  | ({ kind: "changed"; key: string; at: string; version: number } & Who)
  | ({ kind: "created"; key: string; at: string } & Who);

/**
 * @param deliveries  that are about it, newest first
 * @param complete  whether there are no older ones; else nothing is said of times before the last of them
 */
export function timelineOf(
  deliveries: readonly Delivery[],
  { version, created_at, modified_at, modified_by, actor }: RecordOut["_meta"],
  complete: boolean,
): Entry[] {
  const who = { by: modified_by, through: actor };
  // Of one that was changed it is not kept who had made it.
  const first = version === 1;
  const made = { by: first ? modified_by : undefined, through: first ? actor : undefined };
  const own: Entry[] = [
    ...(first ? [] : [{ kind: "changed", key: "changed", at: modified_at, version, ...who } as const]),
    { kind: "created", key: "created", at: created_at, ...made },
  ];
  const told = deliveries.map((delivery): Entry => ({
    kind: "told",
    key: delivery.id,
    at: delivery.created_at,
    delivery,
  }));
  const reach = complete ? "" : (deliveries.at(-1)?.created_at ?? "");
  const entries = [...told, ...own.filter(({ at }) => at >= reach)];
  // At the same time what was done comes before who was told of it, so it is below.
  return entries.sort((a, b) => compare(b.at, a.at) || rank(b) - rank(a));
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const rank = ({ kind }: Entry): number => ({ created: 0, changed: 1, told: 2 })[kind];
