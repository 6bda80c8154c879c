/** People who show by a key that was mailed to them that an address is theirs. */
import { type Author, NOWHERE, type Origin } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import { notKept } from "../provision/kept.ts";
import type { Reader, Transaction } from "../store/store.ts";
import { emailKey, looksLikeUsername, usernameKey } from "./input.ts";
import { isActive, managesPeople } from "./person.ts";
import { userById, userByName, type UserRow, usersByEmail } from "./queries.ts";
import type { Roles } from "./roles.ts";
import type { UserService } from "./service.ts";
import { noTotp } from "./totp.ts";

/** More people at one address than these are found by their usernames alone. */
const MAX_SHARED = 5;
const MAX_USERNAME = 90;
/** Of numbers that are tried behind a username that is taken. */
const MAX_NUMBER = 1_000;

export type MailedRow = Pick<UserRow, "id" | "username" | "email" | "name">;

export interface Mailed {
  /** Who can set a password by a key. */
  open: MailedRow[];
  /** Who cannot: disabled, or somebody who manages people, whose password is not to hang on a mailbox. */
  closed: MailedRow[];
}

/** A new user, as a registration has it. */
export interface Registration {
  organisationId: number;
  email: string;
  name: string;
  roles: readonly string[];
  passwordHash: string;
}

export class MailedUsers {
  readonly #clock: Clock;
  readonly #roles: Roles;
  readonly #users: UserService;

  constructor({ clock, roles, users }: { clock: Clock; roles: Roles; users: UserService }) {
    this.#clock = clock;
    this.#roles = roles;
    this.#users = users;
  }

  /** Whose address it is. */
  async at(reader: Reader, organisationId: number, email: string): Promise<Mailed> {
    const key = { organisationId, emailKey: emailKey(email), limit: MAX_SHARED };
    const rows = await reader.run(usersByEmail, key);
    return {
      open: rows.filter((row) => this.#isOpen(row)),
      closed: rows.filter((row) => !this.#isOpen(row)),
    };
  }

  /** Somebody who can set a password by a key for this address now; undefined where nobody can. */
  async find(reader: Reader, id: string, email: string): Promise<UserRow | undefined> {
    const [row] = await reader.run(userById, { id });
    return row && this.#isOpen(row) && row.emailKey === emailKey(email) ? row : undefined;
  }

  /**
   * Sets the password of who has used a key. What there was dies: whoever had set a password before the address was
   * known to be its reader's may have been somebody else. Its sessions end, and the tokens that speak for it.
   */
  async enter(tx: Transaction, row: UserRow, passwordHash: string, origin: Origin): Promise<UserRow> {
    const columns = { passwordHash, emailVerifiedAt: this.#clock.now() };
    const detail = { by: "login key", first: row.emailVerifiedAt === null };
    return await this.#users.change(tx, selfOf(row, origin), row, columns, "user.password", detail);
  }

  /** Makes a user whose name is the address, or as near to it as is free. */
  async register(tx: Transaction, registration: Registration, origin: Origin): Promise<UserRow> {
    const { organisationId, email, name, passwordHash } = registration;
    const now = this.#clock.now();
    const username = await freeName(tx, organisationId, email);
    const row: UserRow = {
      ...{ id: Bun.randomUUIDv7(), organisationId, username, usernameKey: usernameKey(username) },
      ...{ email, emailKey: emailKey(email), emailVerifiedAt: now, name, passwordHash },
      ...{ roles: [...registration.roles], groups: [], ...noTotp, language: null },
      ...{
        createdAt: now,
        modifiedAt: now,
        lastLoginAt: null,
        disabledAt: null,
        deletedAt: null,
        ...notKept,
      },
    };
    const detail = { by: "login key", roles: row.roles };
    await this.#users.insert(tx, selfOf(row, origin), row, "user.register", detail);
    return row;
  }

  #isOpen(row: UserRow): boolean {
    return isActive(row) && !managesPeople(this.#roles.grantsOf(row.roles));
  }
}

function selfOf({ organisationId, username }: UserRow, origin: Origin = NOWHERE): Author {
  return { organisationId, subject: `user:${username}`, actor: null, client: null, origin };
}

/** Addresses may have characters that usernames do not. */
async function freeName(tx: Transaction, organisationId: number, email: string): Promise<string> {
  const whole = email.normalize("NFKC").replace(/[^\p{L}\p{M}\p{N}._@+-]/gu, "_");
  const base = whole.slice(0, MAX_USERNAME).toWellFormed();
  for (let number = 1; number < MAX_NUMBER; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!looksLikeUsername(name)) break;
    const [taken] = await tx.run(userByName, { organisationId, usernameKey: usernameKey(name) });
    if (!taken) return name;
  }
  throw new Error("no username is free for an address");
}
