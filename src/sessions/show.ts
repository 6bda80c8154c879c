/** A session as its holder sees it. */
import type { Config } from "../config/types.ts";
import type { Grant } from "../grants/grant.ts";
import { shownGrants } from "../grants/show.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { isoTime } from "../http/query.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { OwnProfile, UserService } from "../users/service.ts";
import type { Visitor } from "./browser.ts";

interface Named {
  code: string;
  name: string;
}

export interface ShownSession {
  kind: "user" | "portal";
  /** Whose it is; null in the portal. */
  user: OwnProfile | null;
  /** Whose portal it is; null for a person. */
  account: { id: string; name: string; client_id: string } | null;
  /** That which is looked at. */
  organisation: Named;
  /** Those that may be looked at. */
  organisations: Named[];
  superadministrator: boolean;
  grants: Grant[];
  /** When it ends in any case. */
  expires_at: string;
  /** It ends before when it was not used for so long. */
  idle_seconds: number;
  /** By which a request asks to be tried out; null where the server knows of none. */
  dry_run_header: string | null;
}

export interface SessionShowing {
  users: Pick<UserService, "profile">;
  organisations: Pick<OrganisationService, "all">;
  vocabulary: GrantVocabulary;
  config: Pick<Config, "sessions" | "server">;
}

export async function showSession(visitor: Visitor, deps: SessionShowing): Promise<ShownSession> {
  const { principal, session } = visitor;
  const { code, name } = principal.organisation;
  const superadministrator = visitor.kind === "user" && visitor.person.superadministrator;
  const all = superadministrator ? await deps.organisations.all() : [principal.organisation];
  return {
    kind: visitor.kind,
    user: visitor.kind === "user" ? await deps.users.profile(visitor.person.id) : null,
    account: visitor.kind === "portal" ? accountOf(visitor.account) : null,
    organisation: { code, name },
    organisations: all.map((one) => ({ code: one.code, name: one.name })),
    superadministrator,
    grants: shownGrants(principal.grants, deps.vocabulary),
    expires_at: isoTime(session.expiresAt),
    idle_seconds: Math.floor(deps.config.sessions.idle / 1000),
    dry_run_header: deps.config.server.dryRunHeaders[0] ?? null,
  };
}

function accountOf({ id, name, clientId }: { id: string; name: string; clientId: string }) {
  return { id, name, client_id: clientId };
}
