/** Accounts' time-based codes: each is good once, and guessing is slowed down. */
import { type Author, NOWHERE, type Origin } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import type { SecretBox } from "../secrets/seal.ts";
import { type Transaction, WriteConflict } from "../store/store.ts";
import { setRight } from "../totp/astray.ts";
import { lockedUntil } from "../totp/lock.ts";
import { matchStep, newSecret, otpauthUri, qrSvg } from "../totp/totp.ts";
import type { AccountRow } from "./account.ts";
import { setCodesRight } from "./code-queries.ts";
import { accountById, lockCodes, useStep } from "./queries.ts";

/**
 * What became of a code. `missing`: the account has TOTP, and no code was sent. `used`: a right one, but it or a
 * later one was used before; `secondsToNextStep` (totp/totp.ts) says when there will be another. `lockedUntil`: wrong
 * ones came before it, so it was not looked at (milliseconds since 1970).
 */
export type CodeUse = "ok" | "missing" | "wrong" | "used" | { lockedUntil: number };

/** Characters of a name that an app shows; a QR code does not bear the longest. */
const MAX_LABEL = 40;

/** What a person or a program needs to make codes. Told once. */
export interface TotpSecret {
  /** base32 */
  secret: string;
  otpauthUri: string;
  qrSvg: string;
}

export class AccountTotp {
  readonly #clock: Clock;
  readonly #box: SecretBox;
  readonly #audit: Pick<AuditLog, "record">;

  constructor({ clock, box, audit }: { clock: Clock; box: SecretBox; audit: Pick<AuditLog, "record"> }) {
    this.#clock = clock;
    this.#box = box;
    this.#audit = audit;
  }

  /**
   * @param given  a secret in base32; null: a new one is made
   * @returns the secret, and the columns that make it the account's
   */
  make(
    account: Pick<AccountRow, "id" | "name" | "clientId">,
    organisation: string,
    given: string | null = null,
  ) {
    const secret = given ?? newSecret();
    const uri = otpauthUri({
      issuer: `Koppla ${organisation}`,
      label: `${[...account.name].slice(0, MAX_LABEL).join("")} ${account.clientId}`,
      secret,
    });
    const totp: TotpSecret = { secret, otpauthUri: uri, qrSvg: qrSvg(uri) };
    return { totp, columns: { totpSecret: this.#box.seal(secret, context(account.id)), ...unused } };
  }

  /** Whether codes are made with that secret. */
  is({ id, totpSecret }: Pick<AccountRow, "id" | "totpSecret">, secret: string): boolean {
    return totpSecret !== null && this.#box.open(totpSecret, context(id)) === secret;
  }

  /**
   * Uses up a code. Right after a right secret only: nobody else may count wrong ones, or lock.
   *
   * What it answers other than `ok` is to be committed too (a wrong code counts): the caller must not throw before its
   * write has ended.
   * @param code  as it was sent; null or undefined where none was
   * @returns `ok` also for an account without TOTP
   */
  async use(
    tx: Transaction,
    account: Pick<AccountRow, "id">,
    code: string | null | undefined,
    origin: Origin = NOWHERE,
  ): Promise<CodeUse> {
    const found = await this.#read(tx, account.id);
    const { totpSecret: sealed } = found;
    if (sealed === null) return "ok";
    if (code === null || code === undefined || code === "") return "missing";
    const now = this.#clock.now();
    const row = await this.#setRight(tx, found, now, origin);
    if (row.totpLockedUntil > now) return { lockedUntil: row.totpLockedUntil };
    const step = matchStep(this.#box.open(sealed, context(row.id)), code, now);
    if (step === undefined) return await this.#wrong(tx, row, now, origin);
    const [used] = await tx.run(useStep, { id: row.id, step, secret: sealed, now });
    if (used) return "ok";
    // Another server was quicker, or it was used long ago.
    const { totpLockedUntil } = await this.#read(tx, row.id);
    return totpLockedUntil > now ? { lockedUntil: totpLockedUntil } : "used";
  }

  /** @returns the account as it is then */
  async #setRight(tx: Transaction, row: AccountRow, now: number, origin: Origin): Promise<AccountRow> {
    const right = setRight(row, now);
    if (!right) return row;
    const { id, totpStep: step, totpLockedUntil: until } = row;
    const to = { toStep: right.totpStep, toLockedUntil: right.totpLockedUntil };
    await tx.run(setCodesRight, { id, step, lockedUntil: until, ...to });
    this.#audit.record(tx, selfOf(row, origin), {
      ...{ action: "account.totp_clock", outcome: "success", target: `account:${row.clientId}` },
      detail: { reason: "The clock had been ahead: codes count as used up to now, and no further." },
    });
    return await this.#read(tx, id);
  }

  async #wrong(tx: Transaction, row: AccountRow, now: number, origin: Origin): Promise<CodeUse> {
    const until = lockedUntil(row.totpWrong, now);
    const [locked] = await tx.run(lockCodes, { id: row.id, wrong: row.totpWrong, now, until });
    if (!locked) {
      const { totpLockedUntil } = await this.#read(tx, row.id);
      if (totpLockedUntil > now) return { lockedUntil: totpLockedUntil };
      throw new WriteConflict(); // another server has just taken a right one
    }
    this.#audit.record(tx, selfOf(row, origin), {
      action: "account.totp_lock",
      outcome: "denied",
      target: `account:${row.clientId}`,
      detail: { wrong: row.totpWrong + 1, locked_until: new Date(until).toISOString() },
    });
    return "wrong";
  }

  async #read(tx: Transaction, id: string): Promise<AccountRow> {
    const [row] = await tx.run(accountById, { id });
    if (!row) throw new Error(`account ${id} is not there`);
    return row;
  }
}

/** A secret of which no code was used. */
export const unused = { totpStep: 0, totpWrong: 0, totpLockedUntil: 0 };

function context(accountId: string): string {
  return `account:${accountId}:totp`;
}

function selfOf({ organisationId, clientId }: AccountRow, origin: Origin): Author {
  return { organisationId, subject: `account:${clientId}`, actor: null, client: clientId, origin };
}
