/** Grants as they are shown: in the words in which they are given. */
import type { StoredGrant } from "../../db/schema.ts";
import type { Grant } from "./grant.ts";
import { ONLY_ID } from "./algebra.ts";
import { actionsOf, isDelegable, isWithinAll } from "./resources.ts";
import type { GrantVocabulary } from "./vocabulary.ts";

/** What working on grants marked is said in plain: a `*` that does not cover all is the resources that it covers. */
export function shownGrants(grants: readonly Grant[], vocabulary: GrantVocabulary): StoredGrant[] {
  return grants.flatMap(({ delegated, publicOnly, ...grant }) => {
    if (publicOnly) return [{ ...grant, fields: publicFields(grant, vocabulary) }];
    if (!delegated) return [grant];
    return vocabulary.resources
      .filter((resource) => isWithinAll(resource) && isDelegable(resource))
      .map((resource) => ({ resource, actions: fitting(grant.actions, resource) }))
      .filter(({ actions }) => actions.length > 0);
  });
}

function publicFields({ resource, fields }: StoredGrant, { types }: GrantVocabulary): StoredGrant["fields"] {
  const shown = types.get(resource)?.public ?? [];
  if (!Array.isArray(fields)) return "public";
  const left = fields.filter((field) => shown.includes(field));
  return left.length > 0 ? left : ONLY_ID;
}

function fitting(actions: readonly string[], resource: string): string[] {
  const known: readonly string[] = actionsOf(resource);
  return actions.filter((action) => action === "*" || known.includes(action));
}
