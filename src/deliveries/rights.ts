/**
 * Rights are checked again when deliveries are claimed to be sent: the account may have lost them, or an object its
 * view, since they were closed. Those that are handed over by the bundler were checked in the transaction that made
 * them.
 */
import { isHiddenOwnTopic, ownResource } from "../changes/topics.ts";
import { mayBeTold } from "../changes/visible.ts";
import { allows, type Grant } from "../grants/grant.ts";
import { decideBy, type Fields, shows, viewOf } from "../grants/view.ts";
import { encodeId } from "../records/key.ts";
import { findRecord } from "../records/queries.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Reader, Store } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { fullRecord } from "./full.ts";
import { asDestroy, type Part, partsOf, withRecord } from "./parts.ts";

interface Dependencies {
  store: Pick<Store, "read">;
  types: TypeRegistry;
}

/** Whose eyes a delivery is for. */
export interface Onlooker {
  organisationId: number;
  grants: readonly Grant[];
  /** The topics that the receiver asks for, wildcards expanded. */
  topics: readonly string[];
}

/** What may be sent of a delivery: all of it as it is, nothing, or this instead. */
export type Fate = "whole" | "nothing" | { body: string };

/**
 * What may be sent of a delivery that is frozen. What the account may not be told of any more is left out, and what is
 * not in its view any more is a `destroy`. Known at once, unless its grants are limited to some records or fields.
 */
export function fateOf(
  deps: Dependencies,
  { organisationId, grants, topics }: Onlooker,
  delivery: Claimed,
): Fate | Promise<Fate> {
  let hidden = 0;
  let limited = false;
  /** Of the delivery, and the server's own of its topics that are hidden. */
  let types = 0;
  for (const type of deps.types.all) {
    if (!Object.values(type.topics).some((topic) => delivery.topics.includes(topic))) continue;
    types++;
    const view = viewOf(grants, type, "read");
    if (!view) hidden++;
    else limited ||= !view.unlimited;
  }
  for (const topic of delivery.topics) {
    if (!isHiddenOwnTopic(grants, topic)) continue;
    types++;
    hidden++;
  }
  if (hidden === 0 && !limited) return "whole";
  if (hidden === types) return "nothing";
  return look(deps, { organisationId, grants, topics }, delivery.body);
}

async function look({ store, types }: Dependencies, onlooker: Onlooker, body: string): Promise<Fate> {
  // SQLite answers within the turn, and a claim may be of many large bundles: others have theirs in between.
  await new Promise((resolve) => setImmediate(resolve));
  const parts = partsOf(body);
  const texts = await store.read((reader) =>
    Promise.all(parts.list.map((part) => visibleText(reader, types, onlooker, part))),
  );
  if (texts.every((text, index) => text === parts.list[index]?.text)) return "whole";
  const left = texts.filter((text) => text !== undefined);
  return left.length === 0 ? "nothing" : { body: parts.body(left) };
}

/** A change as the onlooker may be told of it now; undefined: not at all. */
async function visibleText(
  reader: Reader,
  types: TypeRegistry,
  { organisationId, grants, topics }: Onlooker,
  part: Part,
): Promise<string | undefined> {
  const type = types.ofObject(part.object);
  if (!type) {
    const resource = ownResource(part.object);
    return resource === undefined || allows(grants, resource, "read") ? part.text : undefined;
  }
  const view = viewOf(grants, type, "read");
  if (view?.unlimited) return part.text;
  const key = keyOf(type, part.id);
  if (!view || key === undefined) return undefined;
  if (!(await mayBeTold(reader, type, grants, { organisationId, key })).allowed) return undefined;
  if (part.action === "destroy") return part.text;
  const [record] = await reader.run(findRecord, { organisationId, type: type.name, key });
  const now = record && decideBy(view, JSON.parse(record.data) as Record<string, unknown>);
  if (!record || !now?.allowed) {
    const topic = type.topics.destroy;
    return topics.includes(topic) ? asDestroy(part.text, topic) : undefined;
  }
  if (showsAll(now.fields, part.fields)) return part.text;
  return withRecord(part.text, fullRecord(type, key, record.data, now.fields));
}

function showsAll(fields: Fields, told: readonly string[]): boolean {
  return told.every((field) => shows(fields, field));
}

function keyOf(type: RecordType, id: unknown): string | undefined {
  try {
    return encodeId(type.key, id);
  } catch {
    return undefined;
  }
}
