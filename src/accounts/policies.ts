/** Impersonation policies: in whose name an account may act, and how far. What no policy allows is denied. */
import type { Tables } from "../../db/schema.ts";
import { formatDuration, parseDuration } from "../config/kinds.ts";
import { parseGrants, parseGrantText } from "../grants/parse.ts";
import { parseScope } from "../grants/scope.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { duration, listOf, parseMembers, type Parser, text } from "../http/members.ts";
import { isoTime } from "../http/query.ts";
import { invalid, Problem } from "../problem.ts";

/** One row: the account may act for any of `users` and of the members of `groups`, within `scopes`, for `life` ms. */
export type Policy = Tables["impersonationPolicies"]["$inferSelect"];

export type PolicyInput = Pick<Policy, "users" | "groups" | "scopes" | "life">;

export interface ShownPolicy {
  id: string;
  users: string[];
  groups: string[];
  scopes: string[];
  life: string;
  /** Whether koppla.yaml keeps it. */
  provisioned: boolean;
  created_at: string;
}

const MAX_NAMES = 500;
const MAX_SCOPES = 100;
const DEFAULT_LIFE_MS = 15 * 60_000;

/** @throws Problem `invalid` with everything that is wrong */
export function parsePolicy(body: unknown, vocabulary: GrantVocabulary): PolicyInput {
  const names = listOf(text({ min: 1, max: 200 }), { max: MAX_NAMES });
  const scope: Parser<string> = (value, field) => {
    const scopes = typeof value === "string" ? parseScope(value) : undefined;
    if (scopes?.length !== 1 || scopes[0] === undefined)
      throw invalid(field, "must be a scope such as trainings:read");
    try {
      parseGrants([parseGrantText(scopes[0])], vocabulary);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw invalid(field, error.violations[0]?.message ?? error.message);
    }
    return scopes[0];
  };
  const life = duration("1s", "24h");
  const parsed = parseMembers(
    body,
    {
      users: names,
      groups: names,
      scopes: listOf(scope, { min: 1, max: MAX_SCOPES }),
      life: (value: unknown, field: string) => parseDuration(life(value, field)),
    },
    { required: ["scopes"] },
  );
  const { users = [], groups = [], scopes } = parsed;
  if (users.length + groups.length === 0) throw invalid("users", "must name somebody, or groups must");
  return {
    users: [...new Set(users)],
    groups: [...new Set(groups)],
    scopes: [...new Set(scopes)],
    life: parsed.life ?? DEFAULT_LIFE_MS,
  };
}

export function showPolicy({ id, users, groups, scopes, life, provisioned, createdAt }: Policy): ShownPolicy {
  const shown = { id, users, groups, scopes, life: formatDuration(life), provisioned };
  return { ...shown, created_at: isoTime(createdAt) };
}
