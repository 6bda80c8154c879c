/** Ending tokens: one, a family, or all of an account or a person. */
import type { Transaction } from "../store/store.ts";
import {
  deleteAccessTokensOfAccount,
  deleteAccessTokensOfFamily,
  deleteAccessTokensOfUser,
  deleteRefreshTokensOfAccount,
  deleteRefreshTokensOfFamily,
  deleteRefreshTokensOfUser,
} from "./queries.ts";

/**
 * Ends all tokens of a family: somebody used again what is good once, so it is in two hands (RFC 9700, 4.14.2).
 *
 * A token that is being exchanged for the next one at this moment is waited for, and the next one found by looking
 * again: each look sees what was committed before it.
 * @returns how many there were
 */
export async function endFamily(tx: Transaction, familyId: string): Promise<number> {
  let ended = 0;
  for (const statement of [deleteRefreshTokensOfFamily, deleteAccessTokensOfFamily]) {
    for (;;) {
      const { length } = await tx.run(statement, { familyId });
      if (length === 0) break;
      ended += length;
    }
  }
  return ended;
}

/** Ends what was given to an account: to be called when it is disabled or deleted, so that nothing comes back. */
export async function endTokensOfAccount(tx: Transaction, accountId: string): Promise<void> {
  await tx.run(deleteRefreshTokensOfAccount, { accountId });
  await tx.run(deleteAccessTokensOfAccount, { accountId });
}

/** Ends what speaks for a person. */
export async function endTokensOfUser(tx: Transaction, userId: string): Promise<void> {
  await tx.run(deleteRefreshTokensOfUser, { userId });
  await tx.run(deleteAccessTokensOfUser, { userId });
}
