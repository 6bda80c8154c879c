/** People: their passwords, roles and groups. Knows nothing of HTTP. */
import type { TotpSecret } from "../accounts/totp.ts";
import type { Editor } from "../accounts/editor.ts";
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { foundPage } from "../http/list-search.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { endTokensOfUser } from "../oauth/revocation.ts";
import type { PasswordGate } from "../passwords/gate.ts";
import { invalid, Problem } from "../problem.ts";
import { notKept, refuseKept, refuseKeptSecret } from "../provision/kept.ts";
import type { SessionService } from "../sessions/service.ts";
import {
  type Also,
  type Reader,
  type Stage,
  type Store,
  type Transaction,
  WriteConflict,
} from "../store/store.ts";
import {
  emailKey,
  looksLikeUsername,
  parseNewPassword,
  parseNewUser,
  parseUserPatch,
  usernameKey,
} from "./input.ts";
import { UserKeeper } from "./keeper.ts";
import { type Person, personOf } from "./person.ts";
import {
  insertUser,
  updateUser,
  userById,
  userByName,
  type UserRow,
  usersByIds,
  usersOf,
  userTexts,
} from "./queries.ts";
import { type ShownUser, showUser } from "./representation.ts";
import type { Role, Roles } from "./roles.ts";
import { noTotp, type UserTotp } from "./totp.ts";

export interface CreatedUser {
  user: ShownUser;
  /** Told once. */
  totp: TotpSecret | undefined;
}

export interface OwnProfile extends Pick<
  UserRow,
  "id" | "username" | "name" | "email" | "roles" | "language"
> {
  /** Whether a login asks for a one-time code. */
  totp: boolean;
}

/** Nothing else is looked up: PostgreSQL takes an id with a NUL in it for an error. */
const ID = /^[0-9a-f-]{36}$/;

type Detail = Record<string, unknown>;

export interface UserCollaborators {
  store: Store;
  clock: Clock;
  organisations: Pick<OrganisationService, "byId">;
  roles: Roles;
  gate: PasswordGate;
  sessions: Pick<SessionService, "endAll">;
  totp: UserTotp;
  audit: Pick<AuditLog, "record">;
  feed: Pick<ChangeFeed, "recordOwn">;
}

export class UserService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #organisations: UserCollaborators["organisations"];
  readonly #roles: Roles;
  readonly #gate: PasswordGate;
  readonly #sessions: UserCollaborators["sessions"];
  readonly #totp: UserTotp;
  readonly #audit: UserCollaborators["audit"];
  readonly #feed: UserCollaborators["feed"];
  readonly #listeners = new Set<() => void>();
  /** For those that koppla.yaml keeps. */
  readonly keeper: UserKeeper;

  constructor(collaborators: UserCollaborators) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#organisations = collaborators.organisations;
    this.#roles = collaborators.roles;
    this.#gate = collaborators.gate;
    this.#sessions = collaborators.sessions;
    this.#totp = collaborators.totp;
    this.#audit = collaborators.audit;
    this.#feed = collaborators.feed;
    this.keeper = new UserKeeper({ users: this, clock: this.#clock });
  }

  /** Calls `listener` when a user was changed in this process: what is kept in memory of users may be wrong then. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * @param body  as it was sent; see `input.ts`
   * @throws Problem `invalid`, `conflict` when the username is taken, `forbidden` for roles beyond the editor's grants
   */
  async create(editor: Editor, body: unknown, also?: Also<CreatedUser> | undefined): Promise<CreatedUser> {
    const given = parseNewUser(body, this.#roles);
    editor.mayHandOut(this.#roles.grantsOf(given.roles));
    const { organisationId } = editor.author;
    const organisation = await this.#organisations.byId(organisationId);
    const { username, email, name, roles, groups } = given;
    const id = Bun.randomUUIDv7();
    const made = given.totp ? this.#totp.make({ id, username }, organisation.name) : undefined;
    const passwordHash = given.password === undefined ? null : await this.#gate.hash(given.password);
    return await this.#store.write(async (tx) => {
      const at = this.#clock.now();
      const key = { organisationId, usernameKey: usernameKey(username) };
      const [taken] = await tx.run(userByName, key);
      if (taken) throw new Problem("conflict", `There is a user with the username ${username} already.`);
      const row: UserRow = {
        ...{ id, ...key, username, email, name, passwordHash, roles, groups },
        ...{ emailKey: emailKey(email), emailVerifiedAt: null },
        ...(made?.columns ?? noTotp),
        language: null,
        ...{
          createdAt: at,
          modifiedAt: at,
          lastLoginAt: null,
          disabledAt: null,
          deletedAt: null,
          ...notKept,
        },
      };
      await this.insert(tx, editor.author, row, "user.create", { roles, groups, totp: given.totp });
      const created = { user: showUser(row), totp: made?.totp };
      await also?.(tx, created);
      return created;
    });
  }

  /** What people may be given. */
  roles(): Role[] {
    return this.#roles.list();
  }

  /** What {@link create} would say of a body. @throws Problem `invalid` */
  check(body: unknown): void {
    parseNewUser(body, this.#roles);
  }

  /** In order of creation. @param query.search  only those that it finds: `http/list-search.ts` */
  async list(
    organisationId: number,
    query: { limit: number; cursor?: string; search?: string },
  ): Promise<Page<ShownUser>> {
    const { limit, cursor, search } = query;
    if (search !== undefined) {
      return await foundPage(
        "users",
        { search, limit, cursor },
        {
          id: ID,
          next: (after, size) =>
            this.#store.read((reader) => reader.run(userTexts, { organisationId, after, limit: size })),
          texts: ({ id, username, name, email }) => [username, name, email, id],
          show: async (ids) => {
            const rows = await this.#store.read((reader) => reader.query(usersByIds(ids)));
            return rows.map(showUser);
          },
        },
      );
    }
    const after = cursor === undefined ? "" : decodeIdCursor("users", cursor, ID);
    const rows = await this.#store.read((reader) =>
      reader.run(usersOf, { organisationId, after, limit: limit + 1 }),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(showUser),
      next_cursor: rows.length > limit && last ? encodeCursor("users", [last.id]) : null,
    };
  }

  /** @throws Problem `not_found` */
  get(organisationId: number, id: string): Promise<ShownUser> {
    return this.#store.read(async (reader) => showUser(await this.#find(reader, organisationId, id)));
  }

  /** A person as he sees himself. @throws Problem `not_found` */
  async profile(id: string): Promise<OwnProfile> {
    const [row] = await this.#store.read((reader) => reader.run(userById, { id }));
    if (!row) throw new Problem("not_found", `There is no user ${id}.`);
    const { username, name, email, roles, language, totpSecret } = row;
    return { id, username, name, email, roles, language, totp: totpSecret !== null };
  }

  /** The id of a username. @throws Problem `not_found` */
  async idOf(organisationId: number, username: string): Promise<string> {
    const row = await this.#store.read((reader) => this.#named(reader, organisationId, username));
    if (!row) throw new Problem("not_found", `There is no user ${username}.`);
    return row.id;
  }

  /** Changes what `body` has and nothing else. @throws Problem `not_found`, `invalid`, `forbidden` */
  async patch(editor: Editor, id: string, body: unknown): Promise<ShownUser> {
    const given = parseUserPatch(body, this.#roles);
    if (given.roles) editor.mayHandOut(this.#roles.grantsOf(given.roles));
    const detail = { members: Object.keys(given), ...(given.roles && { roles: given.roles }) };
    return await this.#update(
      editor,
      id,
      "user.change",
      (row) => {
        refuseKept(row);
        return { ...given, ...moved(row, given) };
      },
      detail,
    );
  }

  /** @throws Problem `not_found`, `forbidden` */
  enable(editor: Editor, id: string): Promise<ShownUser> {
    return this.#update(editor, id, "user.enable", (row) => {
      refuseKept(row);
      return row.disabledAt === null ? {} : { disabledAt: null };
    });
  }

  /** Ends its sessions and the access tokens that speak for it. */
  disable(editor: Editor, id: string): Promise<ShownUser> {
    return this.#update(editor, id, "user.disable", (row) => {
      refuseKept(row);
      return row.disabledAt === null ? { disabledAt: this.#clock.now() } : {};
    });
  }

  /** Its row stays, without secrets; its name may be given to another. @throws Problem `not_found`, `forbidden` */
  async remove(editor: Editor, id: string): Promise<void> {
    await this.#update(editor, id, "user.delete", (row) => {
      refuseKept(row);
      return { deletedAt: this.#clock.now(), passwordHash: null, ...noTotp };
    });
  }

  /** Sets somebody's password and ends its sessions and tokens. @throws Problem `not_found`, `invalid`, `forbidden` */
  async setPassword(editor: Editor, id: string, body: unknown): Promise<void> {
    const row = await this.#store.read((reader) => this.#find(reader, editor.author.organisationId, id));
    editor.mayHandOut(this.#roles.grantsOf(row.roles));
    const { password } = parseNewPassword(body, [row.username, row.email, row.name]);
    const passwordHash = await this.#gate.hash(password);
    await this.#update(editor, id, "user.password", () => ({ passwordHash }));
  }

  /**
   * Changes one's own password.
   * @param author  the person itself
   * @param prove  whether a password is the present one
   * @throws Problem `invalid`, also where the present password is not right
   */
  async changeOwnPassword(
    author: Author,
    id: string,
    body: unknown,
    prove: (row: UserRow, password: string) => Promise<boolean>,
  ): Promise<void> {
    const row = await this.#store.read((reader) => this.#find(reader, author.organisationId, id));
    const given = parseNewPassword(body, [row.username, row.email, row.name]);
    if (given.current === undefined) throw invalid("current_password", "is required to change your own");
    if (!(await prove(row, given.current))) throw invalid("current_password", "is not right");
    const passwordHash = await this.#gate.hash(given.password);
    await this.#update({ author, mayHandOut: () => {} }, id, "user.password", () => ({ passwordHash }));
  }

  /** From now on a login asks for a code; a secret that there was is worthless. @throws Problem `not_found` */
  async makeTotp(editor: Editor, id: string): Promise<TotpSecret> {
    const { author } = editor;
    const row = await this.#store.read((reader) => this.#find(reader, author.organisationId, id));
    const organisation = await this.#organisations.byId(author.organisationId);
    const { totp, columns } = this.#totp.make(row, organisation.name);
    await this.#update(editor, id, "user.totp_on", () => columns);
    return totp;
  }

  /** @throws Problem `not_found`, `forbidden` */
  async removeTotp(editor: Editor, id: string): Promise<void> {
    await this.#update(editor, id, "user.totp_off", (row) => (row.totpSecret === null ? {} : noTotp));
  }

  /** Deleted ones too: what was done in their name is theirs. */
  async byId(reader: Reader, id: string): Promise<Person | undefined> {
    if (!ID.test(id)) return undefined;
    const [row] = await reader.run(userById, { id });
    return row && personOf(row, this.#roles);
  }

  /** Letters in upper or lower case are the same. */
  async byUsername(reader: Reader, organisationId: number, username: string): Promise<Person | undefined> {
    const row = await this.#named(reader, organisationId, username);
    return row && personOf(row, this.#roles);
  }

  async #named(reader: Reader, organisationId: number, username: string): Promise<UserRow | undefined> {
    if (!looksLikeUsername(username)) return undefined;
    const [row] = await reader.run(userByName, { organisationId, usernameKey: usernameKey(username) });
    return row;
  }

  async #find(reader: Reader, organisationId: number, id: string): Promise<UserRow> {
    const [row] = ID.test(id) ? await reader.run(userById, { id }) : [];
    if (row && row.organisationId === organisationId && row.deletedAt === null) return row;
    throw new Problem("not_found", `There is no user ${id}.`);
  }

  /**
   * Whoever sets the password of somebody mightier could log in as him: so all that he may do must be the editor's to
   * give.
   * @param change  what is to change of the row as it is; nothing: it stays untouched
   */
  #update(
    editor: Editor,
    id: string,
    action: string,
    change: (row: UserRow) => Partial<UserRow>,
    detail?: Detail,
  ): Promise<ShownUser> {
    return this.#store.write(async (tx) => {
      const row = await this.#find(tx, editor.author.organisationId, id);
      editor.mayHandOut(this.#roles.grantsOf(row.roles));
      const columns = change(row);
      if (Object.keys(columns).length === 0) return showUser(row);
      return showUser(await this.change(tx, editor.author, row, columns, action, detail));
    });
  }

  /** For this folder alone: a new row, with all that follows from one. Nothing is asked of what the author may. */
  async insert(tx: Transaction, author: Author, row: UserRow, action: string, detail: Detail): Promise<void> {
    await tx.query(insertUser(row));
    this.#note(tx, author, row, action, detail);
  }

  /**
   * For this folder alone: changes a row as it was read in this write, and ends what must end with it.
   * @returns the row as it is now
   */
  async change(
    tx: Transaction,
    author: Author,
    row: UserRow,
    columns: Partial<UserRow>,
    action: string,
    detail?: Detail,
  ): Promise<UserRow> {
    if (columns.passwordHash !== undefined) refuseKeptSecret(columns.secretProvisioned ? notKept : row);
    // It is the row's version too, so it grows whatever the clock does.
    const next = { ...columns, modifiedAt: Math.max(this.#clock.now(), row.modifiedAt + 1) };
    const [updated] = await tx.query(updateUser(row, next));
    if (!updated) throw new WriteConflict();
    if (ends(next)) {
      await this.#sessions.endAll(tx, row.id);
      await endTokensOfUser(tx, row.id);
    }
    this.#note(tx, author, { ...row, ...next }, action, detail);
    return { ...row, ...next };
  }

  #note(tx: Transaction, author: Author, row: UserRow, action: string, detail?: Detail): void {
    const entry = { action, outcome: "success" as const, target: `user:${row.username}` };
    this.#audit.record(tx, author, detail ? { ...entry, detail } : entry);
    this.#feed.recordOwn(tx, author, {
      topic: "Users.Update",
      action: row.deletedAt === null ? "update" : "destroy",
      key: row.id,
      at: this.#clock.now(),
    });
    tx.defer(this.#stage, undefined);
  }

  readonly #stage: Stage<undefined> = {
    apply: async () => {},
    committed: () => {
      for (const listener of this.#listeners) listener();
    },
  };
}

/** Another address is nobody's yet. */
function moved(row: UserRow, { email }: Partial<UserRow>): Partial<UserRow> {
  if (email === undefined || email === row.email) return {};
  return { emailKey: emailKey(email), emailVerifiedAt: null };
}

/** Whether a change ends the sessions of the one that is changed, and the access tokens that speak for it. */
function ends({ disabledAt, deletedAt, passwordHash }: Partial<UserRow>): boolean {
  return Boolean(disabledAt) || Boolean(deletedAt) || passwordHash !== undefined;
}
