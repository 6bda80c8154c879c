/**
 * The first administrator: whoever has a link that this server has told its sysadmin makes himself one, once. There is
 * no default password, and nobody is an administrator of whom nobody has said so. The link's token is 256 random bits,
 * of which an HMAC-SHA-256 is stored.
 */
import { LoginDenied, type Organisation } from "../accounts/principal.ts";
import type { TokenHasher } from "../accounts/tokens.ts";
import type { Author, Origin } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { isObject } from "../http/json.ts";
import { parseMembers, type Parser, text } from "../http/members.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { invalid, Problem, type ProblemCode } from "../problem.ts";
import { newCookieValue, type SessionService } from "../sessions/service.ts";
import type { Store, Transaction } from "../store/store.ts";
import { SUPERADMINISTRATOR } from "./built-in-roles.ts";
import type { UserService } from "./service.ts";
import {
  forgetSetupLinks,
  insertSetupLink,
  setupLink,
  someSuperadministrator,
  useSetupLink,
} from "./setup-queries.ts";

/** For how long a link is good. */
export const LINK_HOURS = 24;
const LIFE_MS = LINK_HOURS * 3_600_000;
/** Anybody may ask whether there is an administrator: the users are looked through no more often than this. */
const KNOWN_MS = 2_000;
const TOKEN = /^[\w-]{43}$/;

export interface SetupLink {
  /** Behind the `#` of its URL; it stands nowhere else. */
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface SetupCollaborators {
  store: Store;
  clock: Clock;
  hasher: TokenHasher;
  users: UserService;
  organisations: Pick<OrganisationService, "byCode" | "create">;
  sessions: Pick<SessionService, "start">;
  audit: Pick<AuditLog, "record">;
}

export class Setup {
  readonly #with: SetupCollaborators;
  #known: { needed: boolean; until: number } | undefined;

  constructor(collaborators: SetupCollaborators) {
    this.#with = collaborators;
    collaborators.users.onChanged(() => (this.#known = undefined));
  }

  /** Whether nobody can log in who looks after the whole server. */
  async needed(): Promise<boolean> {
    const { store, clock } = this.#with;
    const now = clock.now();
    if (this.#known && this.#known.until > now) return this.#known.needed;
    const [found] = await store.read((reader) => reader.run(someSuperadministrator, {}));
    const needed = found === undefined;
    this.#known = { needed, until: now + KNOWN_MS };
    return needed;
  }

  /** Makes a link. Those that are used or have expired are removed. */
  async makeLink(): Promise<SetupLink> {
    const { store, clock, hasher } = this.#with;
    const token = newCookieValue();
    const now = clock.now();
    const expiresAt = now + LIFE_MS;
    await store.write(async (tx) => {
      await tx.run(forgetSetupLinks, { now });
      await tx.run(insertSetupLink, { hash: hasher.hash(token), createdAt: now, expiresAt });
    });
    return { token, expiresAt };
  }

  /**
   * Makes the administrator, and its organisation where that is not there.
   * @param body  `{token, organisation: {code, name?}, username, name?, email, password}`
   * @returns the value of the session's cookie
   * @throws LoginDenied whatever is wrong with the token; Problem `invalid`, `conflict` when the username is taken
   */
  async finish(body: unknown, origin: Origin): Promise<string> {
    // Before anything else is told of what is here.
    await this.#demandGood(isObject(body) ? body["token"] : undefined);
    const { token, organisation, ...person } = parseSetup(body);
    const { users, sessions, audit } = this.#with;
    const user = { ...person, roles: [SUPERADMINISTRATOR] };
    users.check(user);
    const { id } = await this.#organisation(organisation);
    const author = (subject: string | null): Author => ({
      ...{ organisationId: id, subject, actor: null, client: null, origin },
      via: { by: "setup link" },
    });
    let value = "";
    const enter = async (tx: Transaction, made: { user: { id: string; username: string } }) => {
      await this.#use(tx, token);
      value = await sessions.start(tx, { userId: made.user.id, organisationId: id });
      audit.record(tx, author(`user:${made.user.username}`), { action: "login", outcome: "success" });
    };
    await users.create({ author: author(null), mayHandOut: () => {} }, user, enter);
    return value;
  }

  async #demandGood(token: unknown): Promise<void> {
    const { store, clock, hasher } = this.#with;
    if (typeof token === "string" && TOKEN.test(token)) {
      const [row] = await store.read((reader) => reader.run(setupLink, { hash: hasher.hash(token) }));
      if (row && row.usedAt === null && row.expiresAt > clock.now()) return;
    }
    throw notGood();
  }

  /** Two may come with one link: one of them is the administrator. */
  async #use(tx: Transaction, token: string): Promise<void> {
    const { clock, hasher } = this.#with;
    const [used] = await tx.run(useSetupLink, { hash: hasher.hash(token), now: clock.now() });
    if (!used) throw notGood();
  }

  async #organisation({ code, name }: { code: string; name?: string }): Promise<Organisation> {
    const { organisations } = this.#with;
    const found = await unless("not_found", organisations.byCode(code));
    if (found) return found;
    if (name === undefined) {
      throw invalid("organisation.name", `is required: there is no organisation ${code}`);
    }
    // Somebody else may have been quicker.
    const made = await unless("conflict", organisations.create({ code, name }));
    return made ?? (await organisations.byCode(code));
  }
}

/** Undefined where it fails with that problem. */
async function unless<R>(problem: ProblemCode, done: Promise<R>): Promise<R | undefined> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof Problem && error.code === problem) return undefined;
    throw error;
  }
}

/** Behind the #, which browsers send to nobody: it is in no log on the way. @param publicUrl  without a trailing slash */
export function setupUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/console/setup#${token}`;
}

function notGood(): LoginDenied {
  const headers = { "www-authenticate": 'Bearer realm="koppla"' };
  const detail = "The link is not valid, was used, or has expired; `koppla user link` makes another.";
  return new LoginDenied(undefined, "setup link not valid", headers, detail);
}

const CODE = /^[a-z0-9][a-z0-9_-]{0,62}$/;

function parseSetup(body: unknown) {
  const asText: Parser<string> = (value, field) => {
    if (typeof value !== "string") throw invalid(field, "must be text");
    return value;
  };
  const code: Parser<string> = (value, field) => {
    if (typeof value === "string" && CODE.test(value)) return value;
    throw invalid(field, "must be 1 to 63 characters of a-z, 0-9, - and _, beginning with a letter or digit");
  };
  const organisation = (value: unknown, field: string) =>
    parseMembers(value, { code, name: text({ min: 1, max: 200 }) }, { field, required: ["code"] });
  const members = {
    ...{ token: asText, organisation, username: asText, name: asText, email: asText, password: asText },
  };
  return parseMembers(body, members, {
    required: ["token", "organisation", "username", "email", "password"],
  });
}
