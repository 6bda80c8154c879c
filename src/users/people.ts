/** Puts together what belongs to people: users, their sessions and logins. */
import { TokenHasher } from "../accounts/tokens.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { deriveKey } from "../config/key-file.ts";
import type { Config } from "../config/types.ts";
import { parseGrants } from "../grants/parse.ts";
import { ACTION_PREFIX } from "../grants/resources.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { PasswordGate } from "../passwords/gate.ts";
import { SecretBox } from "../secrets/seal.ts";
import { FormTokens } from "../sessions/forgery.ts";
import { SessionService } from "../sessions/service.ts";
import type { Store } from "../store/store.ts";
import type { Throttle } from "../throttle/service.ts";
import { Quota } from "../throttle/quota.ts";
import { MailedUsers } from "./by-mail.ts";
import { LoginService } from "./login.ts";
import { PartnerLogin } from "./partner-login.ts";
import { Roles } from "./roles.ts";
import { UserService } from "./service.ts";
import { OwnChanges } from "./self.ts";
import { Setup } from "./setup.ts";
import { UserTotp } from "./totp.ts";

export interface People {
  roles: Roles;
  users: UserService;
  logins: LoginService;
  partnerLogin: PartnerLogin;
  mailedUsers: MailedUsers;
  sessions: SessionService;
  /** What people change of themselves. */
  ownChanges: OwnChanges;
  /** The first administrator. */
  setup: Setup;
  /** Of the forms on pages. */
  formTokens: FormTokens;
}

export function openPeople(collaborators: {
  config: Pick<Config, "roles" | "sessions">;
  store: Store;
  clock: Clock;
  audit: AuditLog;
  feed: ChangeFeed;
  throttle: Throttle;
  gate: PasswordGate;
  organisations: OrganisationService;
  vocabulary: GrantVocabulary;
  /** The master key. */
  master: Uint8Array;
}): People {
  const { config, store, clock, audit, feed, throttle, gate, organisations, vocabulary, master } =
    collaborators;
  const actions = vocabulary.resources.filter((name) => name.startsWith(ACTION_PREFIX));
  const roles = new Roles(
    config.roles,
    (grants) => parseGrants(grants, vocabulary),
    actions.map((name) => name.slice(ACTION_PREFIX.length)),
  );
  const sessions = new SessionService({
    ...{ store, clock, limits: config.sessions },
    hasher: new TokenHasher(deriveKey(master, "sessions")),
  });
  const totp = new UserTotp({ clock, audit, box: new SecretBox(deriveKey(master, "user-secrets")) });
  const box = new SecretBox(deriveKey(master, "login-tickets"));
  const users = new UserService({ store, clock, organisations, roles, gate, sessions, totp, audit, feed });
  const logins = new LoginService({ store, clock, gate, throttle, sessions, totp, audit, box });
  const quota = new Quota({ clock });
  return {
    roles,
    users,
    logins,
    partnerLogin: new PartnerLogin({ store, clock, throttle, quota, logins, totp, audit }),
    mailedUsers: new MailedUsers({ clock, roles, users }),
    sessions,
    ownChanges: new OwnChanges({ store, clock, gate, users, logins, sessions, totp }),
    setup: new Setup({
      ...{ store, clock, users, organisations, sessions, audit },
      hasher: new TokenHasher(deriveKey(master, "setup-links")),
    }),
    formTokens: new FormTokens(deriveKey(master, "form-tokens")),
  };
}
