/** What a person who is logged in at the console changes of himself: name, language, password, one-time codes. */
import type { TotpSecret } from "../accounts/totp.ts";
import type { Organisation } from "../accounts/principal.ts";
import type { Author, Origin } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import { choice, parseMembers, type Parser, text } from "../http/members.ts";
import type { PasswordGate } from "../passwords/gate.ts";
import { parsePassword } from "../passwords/policy.ts";
import { invalid, Problem } from "../problem.ts";
import type { SessionService } from "../sessions/service.ts";
import type { Store, Transaction } from "../store/store.ts";
import { secondsToNextStep } from "../totp/totp.ts";
import { again, type LoginService } from "./login.ts";
import { isActive, type Person } from "./person.ts";
import { userById, type UserRow } from "./queries.ts";
import type { UserService } from "./service.ts";
import { noTotp, type UserTotp } from "./totp.ts";

/** Who changes himself, and from where. */
export interface Self {
  person: Pick<Person, "id" | "organisationId" | "username">;
  /** His own. */
  organisation: Pick<Organisation, "code" | "name">;
  origin: Origin;
}

export interface OwnChangesCollaborators {
  store: Store;
  clock: Clock;
  gate: PasswordGate;
  users: Pick<UserService, "change">;
  logins: Pick<LoginService, "prove">;
  sessions: Pick<SessionService, "start">;
  totp: UserTotp;
}

const languages = choice("en", "sv", "nl", "fr");
const language: Parser<"en" | "sv" | "nl" | "fr" | null> = (value, field) =>
  value === null ? null : languages(value, field);

const asText: Parser<string> = (value, field) => {
  if (typeof value !== "string" || value.length > 1_000) throw invalid(field, "must be text");
  return value;
};

export class OwnChanges {
  readonly #with: OwnChangesCollaborators;

  constructor(collaborators: OwnChangesCollaborators) {
    this.#with = collaborators;
  }

  /** @param body  `name`, `language` (null: the browser's) @throws Problem `invalid` */
  async patch(self: Self, body: unknown): Promise<void> {
    const given = parseMembers(body, { name: text({ max: 200 }), language });
    if (Object.keys(given).length === 0) return;
    const detail = { members: Object.keys(given) };
    await this.#with.store.write(async (tx) => {
      const row = await now(tx, self);
      await this.#with.users.change(tx, authorOf(self), row, given, "user.change", detail);
    });
  }

  /**
   * Sets a new password. All of the person's sessions end, and the tokens that speak for it.
   * @param body  `current`, `new`
   * @returns the value of the cookie of a new session, for the browser that asked
   * @throws Problem `invalid`, also where `current` is not right; `too_many_requests`
   */
  async password(self: Self, body: unknown): Promise<string> {
    const { store, gate, users, sessions } = this.#with;
    const before = await this.#read(self);
    const known = [before.username, before.email, before.name];
    const given = parseMembers(
      body,
      { current: asText, new: (value: unknown, field: string) => parsePassword(value, field, known) },
      { required: ["current", "new"] },
    );
    await this.#prove(self, before, given.current, "current");
    const passwordHash = await gate.hash(given.new);
    return await store.write(async (tx) => {
      const row = await same(tx, before);
      await users.change(tx, authorOf(self), row, { passwordHash }, "user.password");
      return await sessions.start(tx, { userId: row.id, organisationId: row.organisationId });
    });
  }

  /**
   * Gives out a secret for one-time codes, which asks for none until {@link confirmTotp} has seen one.
   * @param body  `password`
   * @throws Problem `invalid`, `conflict` where codes are asked for already, `too_many_requests`
   */
  async beginTotp(self: Self, body: unknown): Promise<TotpSecret> {
    const { store, users, totp } = this.#with;
    const { password } = parseMembers(body, { password: asText }, { required: ["password"] });
    const before = await this.#read(self);
    await this.#prove(self, before, password, "password");
    if (before.totpSecret !== null) {
      throw new Problem("conflict", "Your login asks for a code already: switch that off first.");
    }
    const made = totp.make(before, self.organisation.name);
    await store.write(async (tx) => {
      const row = await same(tx, before);
      const columns = { totpPending: made.columns.totpSecret };
      await users.change(tx, authorOf(self), row, columns, "user.totp_begin");
    });
    return made.totp;
  }

  /** From now on a login asks for a code. @param body  `code` @throws Problem `invalid`, `conflict` */
  async confirmTotp(self: Self, body: unknown): Promise<void> {
    const { store, users, totp, clock } = this.#with;
    const { code } = parseMembers(body, { code: asText }, { required: ["code"] });
    await store.write(async (tx) => {
      const row = await now(tx, self);
      if (row.totpPending === null || row.totpSecret !== null) {
        throw new Problem("conflict", "There is no secret that waits for a code.");
      }
      const columns = totp.confirmed(row.id, row.totpPending, bare(code), clock.now());
      if (!columns) throw invalid("code", "is not right");
      await users.change(tx, authorOf(self), row, columns, "user.totp_on");
    });
  }

  /**
   * No code is asked for any more.
   * @param body  `password`, `code`
   * @throws Problem `invalid`, `conflict` where none is asked for, `too_many_requests`
   */
  async removeTotp(self: Self, body: unknown): Promise<void> {
    const { store, users, totp, clock } = this.#with;
    const members = { password: asText, code: asText };
    const { password, code } = parseMembers(body, members, { required: ["password", "code"] });
    const before = await this.#read(self);
    await this.#prove(self, before, password, "password");
    // What a wrong code counts for is to last: the refusal comes after.
    const use = await store.write(async (tx) => {
      const row = await same(tx, before);
      if (row.totpSecret === null) throw new Problem("conflict", "Your login asks for no code.");
      const used = await totp.use(tx, row.id, bare(code), { origin: self.origin, client: null });
      if (used === "ok") await users.change(tx, authorOf(self), row, noTotp, "user.totp_off");
      return used;
    });
    if (use === "ok") return;
    if (use === "used") {
      throw invalid("code", `was used before: the next one comes in ${secondsToNextStep(clock.now())} s`);
    }
    if (use === "wrong" || use === "missing") throw invalid("code", "is not right");
    const headers = { "retry-after": String(Math.ceil((use.lockedUntil - clock.now()) / 1_000)) };
    throw new Problem("too_many_requests", "Too many wrong codes; try again later.", { headers });
  }

  async #read({ person }: Self): Promise<UserRow> {
    const [row] = await this.#with.store.read((reader) => reader.run(userById, { id: person.id }));
    if (!row) throw new Problem("not_found", "There is no such user.");
    return row;
  }

  async #prove(self: Self, row: UserRow, password: string, field: string): Promise<void> {
    const organisation = { id: row.organisationId, ...self.organisation };
    if (await this.#with.logins.prove(row, password, organisation, self.origin)) return;
    throw invalid(field, "is not right");
  }
}

/** As the app shows it, people type it: in two groups. */
const bare = (code: string): string => code.replaceAll(/\s/g, "");

function authorOf({ person, origin }: Self): Author {
  const { organisationId, username } = person;
  return { organisationId, subject: `user:${username}`, actor: null, client: null, origin };
}

async function now(tx: Transaction, { person }: Self): Promise<UserRow> {
  const [row] = await tx.run(userById, { id: person.id });
  if (row && isActive(row)) return row;
  throw new Problem("not_found", "There is no such user.");
}

/** The row as it is now, while its password is the one that was shown. */
async function same(tx: Transaction, before: UserRow): Promise<UserRow> {
  const row = await again(tx, before);
  if (row) return row;
  throw new Problem("conflict", "Somebody else has changed the login meanwhile.");
}
