/**
 * How a person proves who it is: password, then a code where it has TOTP. Whatever is wrong with the first, the answer
 * is the same and takes as long: who exists, and who is disabled, is not to be learnt here.
 */
import type { Organisation } from "../accounts/principal.ts";
import { type Author, NOBODY, NOWHERE, type Origin } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import type { PasswordGate } from "../passwords/gate.ts";
import { forReal } from "../rehearsal.ts";
import { SealError, type SecretBox } from "../secrets/seal.ts";
import type { SessionService } from "../sessions/service.ts";
import type { Store, Transaction } from "../store/store.ts";
import { addressKey, clientKey, type Throttle } from "../throttle/service.ts";
import { secondsToNextStep } from "../totp/totp.ts";
import { looksLikeUsername, usernameKey } from "./input.ts";
import { isActive } from "./person.ts";
import { setLastLogin, userById, userByName, type UserRow } from "./queries.ts";
import type { UserTotp } from "./totp.ts";

/** Where a login takes place. */
export interface Place {
  organisation: Organisation;
  origin: Origin;
  /** The client that sent the person here. */
  clientId: string | null;
  /** What the browser is known by until it has a session: the value of its cookie. */
  browser: string;
  /** The value of the session cookie that it has already, which ends with the login. */
  session: string | undefined;
}

export type LoginResult =
  /** `session` is the value of the new cookie. */
  | { kind: "in"; session: string }
  /** The password was right: the same browser must show the ticket together with a code. */
  | { kind: "code"; ticket: string }
  | { kind: "wrong" };

export type CodeResult =
  | Extract<LoginResult, { kind: "in" }>
  | { kind: "wrong" }
  /** It, or a later one, was used before; seconds until there is another. */
  | { kind: "used"; seconds: number }
  /** Codes are not looked at for so many seconds. */
  | { kind: "locked"; seconds: number }
  /** The ticket is too old, or of another browser: the password is asked for again. */
  | { kind: "expired" };

/** How long after the password the code may come, milliseconds. */
const TICKET_MS = 5 * 60_000;

interface Ticket {
  user: string;
  at: number;
  /** Of the password that was right: another one since, and the ticket is worthless. */
  hash: string;
}

/** What failures of a login are counted by: everything from an address, and one person's from there. */
export function loginKeys(address: string | null, organisation: string, username: string): [string, string] {
  return [addressKey(address), clientKey(address, `${organisation} ${usernameKey(username)}`)];
}

export class LoginService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #gate: PasswordGate;
  readonly #throttle: Throttle;
  readonly #sessions: SessionService;
  readonly #totp: UserTotp;
  readonly #audit: AuditLog;
  readonly #box: SecretBox;

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    gate: PasswordGate;
    throttle: Throttle;
    sessions: SessionService;
    totp: UserTotp;
    audit: AuditLog;
    box: SecretBox;
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#gate = collaborators.gate;
    this.#throttle = collaborators.throttle;
    this.#sessions = collaborators.sessions;
    this.#totp = collaborators.totp;
    this.#audit = collaborators.audit;
    this.#box = collaborators.box;
  }

  /** @throws Problem `too_many_requests` */
  async password(place: Place, username: string, password: string): Promise<LoginResult> {
    const row = await this.#named(place.organisation.id, username);
    const keys = loginKeys(place.origin.address, place.organisation.code, username);
    const right = await this.check(row, password, place.origin.address, keys);
    if (!right || !row || !isActive(row)) {
      const reason = !row ? "no such user" : right ? "the user is disabled" : "wrong password";
      await this.#failed(place, row, reason, keys);
      return { kind: "wrong" };
    }
    if (row.totpSecret !== null) return { kind: "code", ticket: this.#ticket(row, place.browser) };
    return await this.#store.write(async (tx) => {
      const now = await again(tx, row);
      return now ? await this.#enter(tx, now, place) : { kind: "wrong" };
    });
  }

  /** @param ticket  of {@link password} */
  async code(place: Place, ticket: string, code: string): Promise<CodeResult> {
    const known = this.#open(ticket, place.browser);
    if (!known || known.at + TICKET_MS <= this.#clock.now()) return { kind: "expired" };
    return await this.#store.write(async (tx): Promise<CodeResult> => {
      const [row] = await tx.run(userById, { id: known.user });
      const same = row?.organisationId === place.organisation.id && mark(row) === known.hash;
      if (!row || !same || !isActive(row)) return { kind: "expired" };
      const { origin, clientId: client } = place;
      const use = await this.#totp.use(tx, row.id, code, { origin, client });
      if (use === "ok") return await this.#enter(tx, row, place);
      if (use === "wrong" || use === "missing") return { kind: "wrong" };
      if (use === "used") return { kind: "used", seconds: secondsToNextStep(this.#clock.now()) };
      return { kind: "locked", seconds: Math.ceil((use.lockedUntil - this.#clock.now()) / 1_000) };
    });
  }

  /**
   * Whether the password is right, wherever one is asked for.
   * @param row  undefined where there is nobody: takes as long, and is false
   * @throws Problem `too_many_requests`
   */
  async check(
    row: Pick<UserRow, "passwordHash"> | undefined,
    password: string,
    address: string | null,
    keys: readonly string[],
  ): Promise<boolean> {
    await this.#store.read((reader) => this.#throttle.check(reader, keys));
    const right = await this.#gate.verify(password, row?.passwordHash, address);
    // Who came side by side with others has waited in the queue until they had failed.
    await this.#store.read((reader) => this.#throttle.check(reader, keys));
    return right;
  }

  /**
   * As {@link check}, of somebody who is logged in already; a wrong one is counted.
   * @throws Problem `too_many_requests`
   */
  async prove(row: UserRow, password: string, organisation: Organisation, origin: Origin): Promise<boolean> {
    const keys = loginKeys(origin.address, organisation.code, row.username);
    const right = await this.check(row, password, origin.address, keys);
    // A dry run is no way to guess.
    if (!right) await forReal(() => this.#store.write((tx) => this.#throttle.fail(tx, keys)));
    return right;
  }

  /**
   * A login at an organisation that is not there, or not from where it comes: takes as long as any other that is wrong.
   * @throws Problem `too_many_requests`
   */
  async nowhere(origin: Origin, organisation: string, username: string, password: string): Promise<void> {
    const keys = loginKeys(origin.address, organisation, username);
    await this.check(undefined, password, origin.address, keys);
    await forReal(() => this.#store.write((tx) => this.#throttle.fail(tx, keys)));
    const author = nobody(NOBODY, origin);
    await this.#audit.note(author, {
      action: "login",
      outcome: "denied",
      detail: { reason: "no such place" },
    });
  }

  /** Ends the session of a cookie's value. @param person  whose it is */
  async logout(value: string, person: { username: string; organisationId: number }, origin: Origin) {
    await this.#store.write(async (tx) => {
      await this.#sessions.end(tx, value);
      const author = { ...nobody(person.organisationId, origin), subject: `user:${person.username}` };
      this.#audit.record(tx, author, { action: "logout", outcome: "success" });
    });
  }

  /** As {@link logout}, for a browser that begins another session. */
  async forget(value: string): Promise<void> {
    await this.#store.write((tx) => this.#sessions.end(tx, value));
  }

  async #named(organisationId: number, username: string): Promise<UserRow | undefined> {
    // What cannot be a name is looked up as one that nobody has: the same steps.
    const key = looksLikeUsername(username) ? usernameKey(username) : "";
    const [row] = await this.#store.read((reader) =>
      reader.run(userByName, { organisationId, usernameKey: key }),
    );
    return row;
  }

  /** Last thing: the browser gets another id than any it had before, so none can have been planted. */
  async #enter(tx: Transaction, row: UserRow, place: Place): Promise<{ kind: "in"; session: string }> {
    const { organisation, origin, clientId: client } = place;
    // Not the address's: whoever has a login of his own could wipe out what he failed as others.
    const [, person] = loginKeys(origin.address, organisation.code, row.username);
    await this.#throttle.clear(tx, [person]);
    if (place.session !== undefined) await this.#sessions.end(tx, place.session);
    await tx.run(setLastLogin, { id: row.id, at: this.#clock.now() });
    const author = { ...nobody(organisation.id, origin), subject: `user:${row.username}`, client };
    const detail = { totp: row.totpSecret !== null };
    this.#audit.record(tx, author, { action: "login", outcome: "success", detail });
    const { id: userId, organisationId } = row;
    return { kind: "in", session: await this.#sessions.start(tx, { userId, organisationId }) };
  }

  async #failed(place: Place, row: UserRow | undefined, reason: string, keys: readonly string[]) {
    await forReal(() => this.#store.write((tx) => this.#throttle.fail(tx, keys)));
    const author = { ...nobody(place.organisation.id, place.origin), client: place.clientId };
    // A name that nobody has is not written down: people type their password there.
    const target = row && { target: `user:${row.username}` };
    await this.#audit.note(author, { action: "login", outcome: "denied", ...target, detail: { reason } });
  }

  #ticket(row: UserRow, browser: string): string {
    const ticket: Ticket = { user: row.id, at: this.#clock.now(), hash: mark(row) };
    return this.#box.seal(JSON.stringify(ticket), context(browser));
  }

  #open(ticket: string, browser: string): Ticket | undefined {
    try {
      const known: Ticket = JSON.parse(this.#box.open(ticket, context(browser)));
      return known;
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}

function nobody(organisationId: number, origin: Origin = NOWHERE): Author {
  return { organisationId, subject: null, actor: null, client: null, origin };
}

/** The row as it is now, while nobody has changed the password or the person since it was read. */
export async function again(
  tx: Transaction,
  { id, passwordHash, totpSecret }: UserRow,
): Promise<UserRow | undefined> {
  const [row] = await tx.run(userById, { id });
  const same = row?.passwordHash === passwordHash && row?.totpSecret === totpSecret;
  return row && same && isActive(row) ? row : undefined;
}

function mark({ passwordHash }: UserRow): string {
  return new Bun.CryptoHasher("sha256").update(passwordHash ?? "").digest("base64url");
}

function context(browser: string): string {
  return `login:${browser}`;
}
