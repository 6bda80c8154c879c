/** A refresh token for the next pair: RFC 6749, 6, with rotation as RFC 9700, 4.14.2 has it. */
import { looksLikeToken } from "../../accounts/tokens.ts";
import { narrow } from "../../grants/scope.ts";
import { OAuthError } from "../error.ts";
import { required } from "../form.ts";
import { refreshTokenByHash, spendRefreshToken } from "../queries.ts";
import { chooseScope, splitScope } from "../scope.ts";
import { grantsOf } from "../standing.ts";
import {
  authorOf,
  denied,
  endReused,
  type GrantHandler,
  grantToken,
  invalidGrant,
  mayRefresh,
  proofRequired,
} from "./grant.ts";

export const refreshToken: GrantHandler = async (room, call) => {
  const { client, form, proof } = call;
  const { account } = client;
  const token = required(form, "refresh_token");
  if (!looksLikeToken(token, "refresh")) throw invalidGrant();
  const hash = room.maker.hash(token);
  const refuse = (reason: string) => ({
    error: invalidGrant(),
    entry: denied("token.refresh", account, reason),
  });
  return await grantToken(room, call, async (tx, draft) => {
    const now = room.clock.now();
    const [row] = await tx.run(refreshTokenByHash, { hash });
    if (!row || row.accountId !== account.id) return refuse("unknown, or another client's");
    const { userId, familyId } = row;
    const reused = { what: "refresh token", familyId } as const;
    if (row.usedAt !== null) return await endReused(room, tx, client, reused);
    if (row.expiresAt <= now) return refuse("expired");
    if (!row.apiTokenThere) return refuse("its API token is not there any more");
    // Which key may change (RFC 9449, 5: the secret binds it already); that there is one may not.
    if (row.dpopJkt !== null && !proof) return { error: proofRequired() };
    const person = userId === null ? undefined : await room.people.byId(tx, userId);
    if (userId !== null && !person?.active) return refuse("the user is disabled");
    if (userId === null && !mayRefresh(account)) return refuse("the account has no refresh tokens any more");
    const left = narrow(grantsOf(account, person), splitScope(row.scope));
    const scope = chooseScope(form.get("scope"), left);
    if (scope instanceof OAuthError)
      return { error: scope, entry: denied("token.refresh", account, "scope") };
    const [spent] = await tx.run(spendRefreshToken, { hash, now });
    if (!spent) return await endReused(room, tx, client, reused);
    room.audit.record(tx, authorOf(client, person), {
      action: "token.refresh",
      outcome: "success",
      detail: { scope },
    });
    const issued = await room.maker.insert(
      tx,
      draft,
      {
        ...{ account, userId, actor: null, scope, familyId, policies: [] },
        dpopJkt: proof?.jkt ?? null,
        life: account.tokenLife,
        ...{ apiToken: client.token, earlierApiTokens: null },
      },
      // RFC 6749, 6: the next one has the scope of this one, however little was asked for now.
      { scope: row.scope, familyId },
    );
    return { issued };
  });
};
