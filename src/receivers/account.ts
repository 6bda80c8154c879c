/** The account whose rights decide what a receiver is sent. */
import type { AccountRights, AccountService } from "../accounts/service.ts";
import { invalid, Problem } from "../problem.ts";
import type { Reader } from "../store/store.ts";

/**
 * @param given  an account's id or client id
 * @returns what it may do
 * @throws Problem `invalid` when the organisation has no such account, or it may not be used
 */
export async function accountOf(
  accounts: AccountService,
  reader: Reader,
  organisationId: number,
  given: string,
): Promise<AccountRights> {
  const byId = await accounts.rights(reader, given);
  const account =
    byId?.organisationId === organisationId ? byId : await byClientId(accounts, organisationId, given);
  if (!account.active) throw invalid("account_id", "is an account that is disabled, removed or expired");
  return account;
}

async function byClientId(
  accounts: AccountService,
  organisationId: number,
  given: string,
): Promise<AccountRights> {
  try {
    return await accounts.byClientId(organisationId, given);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "not_found") throw error;
    throw invalid("account_id", `there is no account ${given}`);
  }
}
