/** The wishes of a configuration: by its own types, roles and rules, so that nothing needs to run for them. */
import { TopicCatalogue } from "../changes/topics.ts";
import type { Config } from "../config/types.ts";
import { parseGrants } from "../grants/parse.ts";
import { grantVocabulary } from "../grants/vocabulary.ts";
import { AddressRules } from "../outgoing/addresses.ts";
import { systemLookup, TargetGuard } from "../outgoing/guard.ts";
import { Roles } from "../users/roles.ts";
import { parseWishes, type Wishes } from "./wishes.ts";

/** @throws {ConfigError} with everything that is wrong */
export function wishesOf(config: Config): Wishes {
  const vocabulary = grantVocabulary(config);
  const parse = (grants: Parameters<typeof parseGrants>[0]) => parseGrants(grants, vocabulary);
  return parseWishes(config, {
    vocabulary,
    roles: new Roles(config.roles, parse, Object.keys(config.actions)),
    topics: new TopicCatalogue(Object.keys(config.types)),
    guard: new TargetGuard({ rules: new AddressRules(config.webhooks.allowTargets), lookup: systemLookup }),
  });
}
