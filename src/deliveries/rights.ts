/**
 * Rights are checked again when deliveries are claimed to be sent: the account may have lost them since they were
 * closed. Those that are handed over by the bundler were checked in the transaction that made them.
 */
import type { AccountRights } from "../accounts/service.ts";
import { mayBeTold } from "../changes/visible.ts";
import { shows, viewOf } from "../grants/view.ts";
import { encodeId } from "../records/key.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { toldIn } from "./body.ts";

interface Dependencies {
  store: Pick<Store, "read">;
  types: TypeRegistry;
}

/**
 * Whether the account may be sent a delivery that is frozen: whether it may read everything that is in it. Known at
 * once, unless its grants are limited to some records or fields.
 */
export function mayReceive(
  deps: Dependencies,
  account: AccountRights | undefined,
  delivery: Claimed,
): boolean | Promise<boolean> {
  if (!account?.active) return false;
  let limited = false;
  for (const type of deps.types.all) {
    if (!Object.values(type.topics).some((topic) => delivery.topics.includes(topic))) continue;
    const view = viewOf(account.grants, type, "read");
    if (!view) return false;
    limited ||= !view.unlimited;
  }
  return limited ? mayReadAll(deps, account, delivery.body) : true;
}

async function mayReadAll(
  { store, types }: Dependencies,
  { organisationId, grants }: AccountRights,
  body: string,
): Promise<boolean> {
  // SQLite answers within the turn, and a claim may be of many large bundles: others have theirs in between.
  await new Promise((resolve) => setImmediate(resolve));
  return await store.read(async (reader) => {
    for (const { object, id, fields } of toldIn(body)) {
      const type = types.ofObject(object);
      if (!type) continue; // nothing that `where` or `fields` speak of
      const key = keyOf(type.key, id);
      if (key === undefined) return false;
      const told = await mayBeTold(reader, type, grants, { organisationId, key });
      if (!told.allowed || !fields.every((field) => shows(told.fields, field))) return false;
    }
    return true;
  });
}

function keyOf(kind: Parameters<typeof encodeId>[0], id: unknown): string | undefined {
  try {
    return encodeId(kind, id);
  } catch {
    return undefined;
  }
}
