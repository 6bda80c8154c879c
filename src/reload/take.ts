/** How the rooms take a configuration that they can take: see `compare.ts`. Nothing here can fail half-way. */
import { adopt } from "../config/loaded.ts";
import type { Config } from "../config/types.ts";
import { parseGrants } from "../grants/parse.ts";
import { grantVocabulary } from "../grants/vocabulary.ts";
import { AddressRules } from "../outgoing/addresses.ts";
import type { Services } from "../services.ts";

/**
 * Everybody holds the configuration itself, or sections of it, so the new values are put into the old objects; who has
 * made something of them makes it anew.
 */
export function take(services: Services, next: Config): void {
  const { config, vocabulary } = services;
  config.log.level = next.log.level;
  config.server.tls = next.server.tls;
  Object.assign(config.server.limits, next.server.limits);
  Object.assign(config.care, next.care);
  const { bundle, timeout, disableAfter, retrySchedules, allowTargets } = next.webhooks;
  Object.assign(config.webhooks.bundle, bundle);
  Object.assign(config.webhooks, { timeout, disableAfter, allowTargets });
  replace(config.webhooks.retrySchedules, retrySchedules);
  Object.assign(config.rateLimits, next.rateLimits);
  for (const section of ["types", "actions", "schedules", "roles"] as const)
    replace<unknown>(config[section], next[section]);
  config.provision = next.provision;
  adopt(config, next);

  Object.assign(vocabulary, grantVocabulary(config));
  services.types.reload(config.types);
  services.topics.reload(Object.keys(config.types));
  const parse = (grants: Config["roles"][string]) => parseGrants(grants, vocabulary);
  services.roles.reload(config.roles, parse, Object.keys(config.actions));
  services.rateLimits.reload(config.rateLimits);
  services.guard.reload(new AddressRules(config.webhooks.allowTargets));
  services.actions.reload(config.actions);
  services.care.reload(config);
}

/** The entries of one for those of the other. */
function replace<T>(now: Record<string, T>, next: Record<string, T>): void {
  for (const name of Object.keys(now)) if (!Object.hasOwn(next, name)) delete now[name];
  Object.assign(now, next);
}
