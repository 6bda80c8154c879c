/**
 * A person's name and password, checked for a partner's site (`userLogin` of the public data API). Whatever is wrong,
 * the answer is the same and takes as long.
 */
import type { Organisation } from "../accounts/principal.ts";
import { type Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import type { Reader, Store } from "../store/store.ts";
import type { Quota, QuotaOf } from "../throttle/quota.ts";
import { addressKey, type Throttle, userKey } from "../throttle/service.ts";
import { emailKey, looksLikeUsername, usernameKey } from "./input.ts";
import { again, type LoginService } from "./login.ts";
import { isActive } from "./person.ts";
import { setLastLogin, userByName, type UserRow, usersByEmail } from "./queries.ts";
import type { UserTotp } from "./totp.ts";

export type PartnerLoginResult =
  | { kind: "in"; user: Pick<UserRow, "id" | "email" | "name" | "username"> }
  | { kind: "wrong" }
  /** The password was right; the person has TOTP, and there is no code, or a wrong or used one. */
  | { kind: "code" };

/**
 * Failures of all people together, in a minute: a partner's site asks from one address for all of its visitors, so it
 * is not slowed down as somebody who guesses is (`throttle/policy.ts`); each person is.
 */
const MINUTE = 60_000;
const FROM_ADDRESS = { requests: 60, window: MINUTE };
const OF_ORGANISATION = { requests: 200, window: MINUTE };

export interface PartnerLoginCollaborators {
  store: Store;
  clock: Clock;
  throttle: Throttle;
  quota: Quota;
  logins: Pick<LoginService, "check">;
  totp: UserTotp;
  audit: AuditLog;
}

export class PartnerLogin {
  readonly #with: PartnerLoginCollaborators;

  constructor(collaborators: PartnerLoginCollaborators) {
    this.#with = collaborators;
  }

  /**
   * @param by  the partner
   * @param username  or the address, where it is one person's alone
   * @param code  of the person's authenticator app, where it has one
   * @throws Problem `too_many_requests`
   */
  async check(
    { organisation, by }: { organisation: Organisation; by: Author },
    username: string,
    password: string,
    code: string,
  ): Promise<PartnerLoginResult> {
    const { store, quota, logins, throttle } = this.#with;
    const { address } = by.origin;
    const keys = [userKey(organisation.code, username)];
    const quotas = quotasOf(organisation, address);
    const row = await store.read(async (reader) => {
      await quota.check(reader, quotas);
      return await named(reader, organisation.id, username);
    });
    const right = await logins.check(row, password, address, keys);
    if (!right || !row || !isActive(row)) {
      await store.write(async (tx) => {
        await quota.take(tx, quotas);
        await throttle.fail(tx, keys);
      });
      const reason = !row ? "no such user" : right ? "the user is disabled" : "wrong password";
      await this.#denied(by, row, reason);
      return { kind: "wrong" };
    }
    return await this.#enter(row, by, code, keys);
  }

  async #enter(row: UserRow, by: Author, code: string, keys: readonly string[]): Promise<PartnerLoginResult> {
    const { store, clock, totp, throttle, audit } = this.#with;
    const result = await store.write(async (tx): Promise<PartnerLoginResult> => {
      // Its password may have been changed while it was checked.
      const now = await again(tx, row);
      if (!now) return { kind: "wrong" };
      const use = await totp.use(tx, row.id, code, { origin: by.origin, client: by.client });
      if (use !== "ok") return { kind: "code" };
      await throttle.clear(tx, keys);
      await tx.run(setLastLogin, { id: row.id, at: clock.now() });
      audit.record(tx, by, {
        ...{ action: "user.check", outcome: "success", target: `user:${row.username}` },
        detail: { totp: now.totpSecret !== null },
      });
      return { kind: "in", user: now };
    });
    if (result.kind !== "in")
      await this.#denied(by, row, result.kind === "code" ? "no right code" : "changed");
    return result;
  }

  /** A name that nobody has is not written down: people type their password there. */
  async #denied(by: Author, row: UserRow | undefined, reason: string): Promise<void> {
    const target = row && { target: `user:${row.username}` };
    await this.#with.audit.note(by, {
      action: "user.check",
      outcome: "denied",
      ...target,
      detail: { reason },
    });
  }
}

function quotasOf({ code }: Organisation, address: string | null): QuotaOf[] {
  return [
    { key: `check ${code} ${addressKey(address)}`, ...FROM_ADDRESS },
    { key: `check ${code}`, ...OF_ORGANISATION },
  ];
}

/** By the username, else by the address of one person alone. What cannot be either is looked up too: the same steps. */
async function named(reader: Reader, organisationId: number, text: string): Promise<UserRow | undefined> {
  const usable = looksLikeUsername(text) ? usernameKey(text) : "";
  const [byName] = await reader.run(userByName, { organisationId, usernameKey: usable });
  const address = text.length <= 255 && text.includes("@") && !/\p{Cc}/u.test(text) ? emailKey(text) : "@";
  const byAddress = await reader.run(usersByEmail, { organisationId, emailKey: address, limit: 2 });
  return byName ?? (byAddress.length === 1 ? byAddress[0] : undefined);
}
