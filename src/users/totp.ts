/** People's time-based codes: each is good once, and guessing is slowed down. The rules are those of accounts. */
import type { CodeUse, TotpSecret } from "../accounts/totp.ts";
import type { Author, Origin } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { isoTime } from "../http/query.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Transaction } from "../store/store.ts";
import { setRight } from "../totp/astray.ts";
import { lockedUntil } from "../totp/lock.ts";
import { matchStep, newSecret, otpauthUri, qrSvg } from "../totp/totp.ts";
import { setUserCodesRight } from "./code-queries.ts";
import { lockUserCodes, userById, type UserRow, useUserStep } from "./queries.ts";

/** A secret of which no code was used. */
const unused = { totpStep: 0, totpWrong: 0, totpLockedUntil: 0, totpPending: null };

/** The columns of somebody who is not asked for a code. */
export const noTotp = { totpSecret: null, ...unused };

export class UserTotp {
  readonly #clock: Clock;
  readonly #box: SecretBox;
  readonly #audit: Pick<AuditLog, "record">;

  constructor({ clock, box, audit }: { clock: Clock; box: SecretBox; audit: Pick<AuditLog, "record"> }) {
    this.#clock = clock;
    this.#box = box;
    this.#audit = audit;
  }

  /** @returns a new secret, and the columns that make it the user's */
  make(user: Pick<UserRow, "id" | "username">, organisation: string) {
    const secret = newSecret();
    const uri = otpauthUri({ issuer: `Koppla ${organisation}`, label: user.username, secret });
    const totp: TotpSecret = { secret, otpauthUri: uri, qrSvg: qrSvg(uri) };
    return { totp, columns: { totpSecret: this.#box.seal(secret, context(user.id)), ...unused } };
  }

  /**
   * The columns with which a secret that was given out is the user's.
   * @param pending  the secret, sealed
   * @returns undefined where the code is none of it
   */
  confirmed(id: string, pending: string, code: string, now: number) {
    const step = matchStep(this.#box.open(pending, context(id)), code, now);
    // The code that was shown is used.
    return step === undefined ? undefined : { ...unused, totpSecret: pending, totpStep: step };
  }

  /**
   * Uses up a code. After a right password only: nobody else may count wrong ones, or lock.
   *
   * What it answers other than `ok` is to be committed too (a wrong code counts): the caller must not throw before its
   * write has ended.
   * @returns `ok` also for a user without TOTP
   */
  async use(
    tx: Transaction,
    id: string,
    code: string,
    { origin, client }: { origin: Origin; client: string | null },
  ): Promise<CodeUse> {
    const found = await read(tx, id);
    const { totpSecret: secret } = found;
    if (secret === null) return "ok";
    if (code === "") return "missing";
    const now = this.#clock.now();
    const author = { organisationId: found.organisationId, subject: null, actor: null, client, origin };
    const row = await this.#setRight(tx, found, now, author);
    if (row.totpLockedUntil > now) return { lockedUntil: row.totpLockedUntil };
    const step = matchStep(this.#box.open(secret, context(id)), code, now);
    if (step === undefined) return await this.#wrong(tx, row, now, author);
    const [used] = await tx.run(useUserStep, { id, step, secret, now });
    if (used) return "ok";
    // Another server was quicker, or it was used long ago.
    const { totpLockedUntil } = await read(tx, id);
    return totpLockedUntil > now ? { lockedUntil: totpLockedUntil } : "used";
  }

  /** @returns the user as it is then */
  async #setRight(tx: Transaction, row: UserRow, now: number, author: Author): Promise<UserRow> {
    const right = setRight(row, now);
    if (!right) return row;
    const { id, totpStep: step, totpLockedUntil: until } = row;
    const to = { toStep: right.totpStep, toLockedUntil: right.totpLockedUntil };
    await tx.run(setUserCodesRight, { id, step, lockedUntil: until, ...to });
    this.#audit.record(tx, author, {
      ...{ action: "user.totp_clock", outcome: "success", target: `user:${row.username}` },
      detail: { reason: "The clock had been ahead: codes count as used up to now, and no further." },
    });
    return await read(tx, id);
  }

  async #wrong(tx: Transaction, row: UserRow, now: number, author: Author): Promise<CodeUse> {
    const until = lockedUntil(row.totpWrong, now);
    const [locked] = await tx.run(lockUserCodes, { id: row.id, wrong: row.totpWrong, now, until });
    if (!locked) return { lockedUntil: (await read(tx, row.id)).totpLockedUntil };
    this.#audit.record(tx, author, {
      action: "user.totp_lock",
      outcome: "denied",
      target: `user:${row.username}`,
      detail: { wrong: row.totpWrong + 1, locked_until: isoTime(until) },
    });
    return "wrong";
  }
}

async function read(tx: Transaction, id: string): Promise<UserRow> {
  const [row] = await tx.run(userById, { id });
  if (!row) throw new Error(`user ${id} is not there`);
  return row;
}

function context(userId: string): string {
  return `user:${userId}:totp`;
}
