/**
 * The account portal: a link lets whoever has it look after an account's own receivers, their log and their secrets,
 * until it expires or is taken back. The link's token is 256 random bits, of which an HMAC-SHA-256 is stored: it cannot
 * be made up, changed or lengthened, and nothing of it can be read from the database.
 */
import type { AccountRow, AccountService } from "../accounts/service.ts";
import { type Principal, subjectName } from "../accounts/principal.ts";
import type { TokenHasher } from "../accounts/tokens.ts";
import type { Editor } from "../accounts/editor.ts";
import type { Origin } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { parseDuration } from "../config/kinds.ts";
import type { Config } from "../config/types.ts";
import type { Grant } from "../grants/grant.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { duration, parseMembers, text } from "../http/members.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { Problem } from "../problem.ts";
import { endOf, isLongSeen, newCookieValue } from "../sessions/service.ts";
import type { Reader, Store } from "../store/store.ts";
import {
  deleteExpiredLinks,
  deleteExpiredPortalSessions,
  deleteLink,
  deletePortalSession,
  deletePortalSessionsOf,
  insertLink,
  insertPortalSession,
  linkByHash,
  linkById,
  linksOf,
  type PortalLinkRow,
  portalSessionByHash,
  seePortalSession,
  useLink,
} from "./queries.ts";

export interface ShownLink {
  id: string;
  label: string;
  created_at: string;
  /** Who handed it out, as the audit log names him. */
  created_by: string | null;
  expires_at: string;
  /** When it was last opened. */
  last_used_at: string | null;
}

/** Who has come by a link. */
export interface PortalVisitor {
  kind: "portal";
  principal: Principal;
  account: Pick<AccountRow, "id" | "name" | "clientId">;
  session: { expiresAt: number };
}

interface Found {
  link: PortalLinkRow;
  account: AccountRow;
}

/** What the portal is for. Whose receivers: those of the account, which the routes see to (`Principal.portal`). */
const GRANTS: readonly Grant[] = [
  { resource: "receivers", actions: ["read", "write", "manage"] },
  { resource: "deliveries", actions: ["read", "write"] },
];

const DEFAULT_LIFE_MS = 7 * 86_400_000;
const ID = /^[0-9a-f-]{36}$/;
/** As `sessions/service.ts` has them. */
const VALUE = /^[\w-]{43}$/;
const EXPIRED_AT_ONCE = 100;

export interface PortalCollaborators {
  store: Store;
  clock: Clock;
  hasher: TokenHasher;
  accounts: Pick<AccountService, "byId" | "get" | "isActive" | "mayUseFrom">;
  organisations: Pick<OrganisationService, "get">;
  audit: Pick<AuditLog, "record">;
  limits: Config["sessions"];
}

export class PortalService {
  readonly #with: PortalCollaborators;

  constructor(collaborators: PortalCollaborators) {
    this.#with = collaborators;
  }

  /**
   * Makes a link.
   * @param given  the id or client id of an account
   * @param body  `label` and `expires_in`, a duration
   * @returns the link and its token, which stands nowhere else
   * @throws Problem `not_found`, `invalid`; Forbidden for an account that may do more than the editor
   */
  async create(by: Editor, given: string, body: unknown): Promise<{ link: ShownLink; token: string }> {
    const members = { label: text({ max: 200 }), expires_in: duration("1s", "90d") };
    const { label = "", expires_in: life } = parseMembers(body, members);
    const account = await this.#account(by, given);
    const { store, clock, hasher, audit } = this.#with;
    const token = newCookieValue();
    const row = await store.write(async (tx) => {
      const now = clock.now();
      const expiresAt = now + (life === undefined ? DEFAULT_LIFE_MS : (parseDuration(life) ?? 0));
      const made: PortalLinkRow = {
        ...{ id: Bun.randomUUIDv7(), organisationId: by.author.organisationId, accountId: account.id },
        ...{ label, hash: hasher.hash(token), createdAt: now, createdBy: by.author.subject },
        ...{ expiresAt, lastUsedAt: null },
      };
      await tx.run(deleteExpiredLinks, { accountId: account.id, now });
      await tx.query(insertLink(made));
      const detail = { link: made.id, label, expires_at: isoTime(expiresAt) };
      const target = `account:${account.client_id}`;
      audit.record(tx, by.author, { action: "portal_link.create", outcome: "success", target, detail });
      return made;
    });
    return { link: show(row), token };
  }

  /** An account's links that are good, in order of creation. @throws Problem `not_found` */
  async list(
    organisationId: number,
    given: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<Page<ShownLink>> {
    const { store, clock, accounts } = this.#with;
    const { id: accountId } = await accounts.get(organisationId, given);
    const list = `portal links ${accountId}`;
    const after = cursor === undefined ? "" : decodeIdCursor(list, cursor, ID);
    const page = { accountId, now: clock.now(), after, limit: limit + 1 };
    const rows = await store.read((reader) => reader.run(linksOf, page));
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(show),
      next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
    };
  }

  /** Takes a link back; whoever is in by it is out. @throws Problem `not_found`, Forbidden */
  async revoke(by: Editor, given: string, id: string): Promise<void> {
    const account = await this.#account(by, given);
    const { store, audit } = this.#with;
    await store.write(async (tx) => {
      const [row] = ID.test(id) ? await tx.run(linkById, { id }) : [];
      if (row?.accountId !== account.id) throw new Problem("not_found", `There is no portal link ${id}.`);
      await tx.run(deletePortalSessionsOf, { linkId: id });
      await tx.run(deleteLink, { id });
      const target = `account:${account.client_id}`;
      const detail = { link: id, label: row.label };
      audit.record(tx, by.author, { action: "portal_link.revoke", outcome: "success", target, detail });
    });
  }

  /**
   * Begins a session with a link.
   * @returns the cookie's value; undefined whatever is wrong with the token
   */
  async enter(token: string, origin: Origin): Promise<string | undefined> {
    const { store, clock, hasher, audit, limits } = this.#with;
    if (!VALUE.test(token)) return undefined;
    const hash = hasher.hash(token);
    const opened = await store.read((reader) => this.#find(reader, { hash }));
    const seen = await this.#standing(opened, origin.address);
    if (!seen) return undefined;
    const value = newCookieValue();
    return await store.write(async (tx) => {
      const now = clock.now();
      await tx.run(deleteExpiredPortalSessions, { now, limit: EXPIRED_AT_ONCE });
      // It may have been taken back meanwhile.
      const [used] = await tx.run(useLink, { id: seen.link.id, at: now });
      if (!used) return undefined;
      const { id: linkId, expiresAt, organisationId } = seen.link;
      await tx.run(insertPortalSession, {
        ...{ hash: hasher.hash(value), linkId, createdAt: now, lastSeenAt: now },
        expiresAt: Math.min(expiresAt, now + limits.life),
      });
      const subject = subjectName(seen.principal);
      const author = { organisationId, subject, actor: null, client: null, origin };
      const detail = { link: linkId, label: seen.link.label };
      audit.record(tx, author, { action: "portal.login", outcome: "success", detail });
      return value;
    });
  }

  /** Who has the cookie with this value; the session is thereby used. Undefined when it has ended or never was. */
  async visitor(value: string, address: string | null): Promise<PortalVisitor | undefined> {
    const { store, clock, hasher, limits } = this.#with;
    const hash = hasher.hash(value);
    const now = clock.now();
    const found = await store.read(async (reader) => {
      const [session] = await reader.run(portalSessionByHash, { hash });
      if (!session || now >= endOf(session, limits)) return undefined;
      return { session, link: await this.#find(reader, { id: session.linkId }) };
    });
    const standing = await this.#standing(found?.link, address);
    if (!found || !standing) return undefined;
    const { session } = found;
    const { principal, account } = standing;
    if (isLongSeen(session, limits, now)) {
      await store.write((tx) => tx.run(seePortalSession, { hash, at: now }));
    }
    const expiresAt = Math.min(session.expiresAt, session.createdAt + limits.life);
    return { kind: "portal", principal, account, session: { expiresAt } };
  }

  /** Ends the session of a cookie's value, if there is one. */
  async end(value: string): Promise<void> {
    const hash = this.#with.hasher.hash(value);
    await this.#with.store.write((tx) => tx.run(deletePortalSession, { hash }));
  }

  async #find(reader: Reader, by: { id: string } | { hash: string }): Promise<Found | undefined> {
    const { accounts, clock } = this.#with;
    const now = clock.now();
    const [link] = await ("id" in by ? reader.run(linkById, by) : reader.run(linkByHash, by));
    if (!link || link.expiresAt <= now) return undefined;
    const account = await accounts.byId(reader, link.accountId);
    return account && accounts.isActive(account, now) ? { link, account } : undefined;
  }

  /** What a link stands for now; undefined where it is good for nothing. */
  async #standing(found: Found | undefined, address: string | null) {
    if (!found) return undefined;
    const { link, account } = found;
    const { accounts, organisations } = this.#with;
    const organisation = await organisations.get(link.organisationId);
    if (!accounts.mayUseFrom(account, organisation.allowed_ips, address)) return undefined;
    const { id, clientId, name } = account;
    const principal: Principal = {
      organisation: { id: link.organisationId, code: organisation.code, name: organisation.name },
      subject: { kind: "account", id, clientId, name },
      portal: { linkId: link.id },
      grants: GRANTS,
    };
    return { link, account: { id, clientId, name }, principal };
  }

  /** Whoever has a link can have an account's data sent to himself. */
  async #account(by: Editor, given: string) {
    const account = await this.#with.accounts.get(by.author.organisationId, given);
    by.mayHandOut(account.grants);
    return account;
  }
}

function show({ id, label, createdAt, createdBy, expiresAt, lastUsedAt }: PortalLinkRow): ShownLink {
  return {
    ...{ id, label, created_at: isoTime(createdAt), created_by: createdBy },
    expires_at: isoTime(expiresAt),
    last_used_at: lastUsedAt === null ? null : isoTime(lastUsedAt),
  };
}
