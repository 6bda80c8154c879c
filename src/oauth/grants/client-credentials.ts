/** An account that asks for itself: RFC 6749, 4.4, with a one-time code where the account has TOTP. */
import { chooseScope } from "../scope.ts";
import { OAuthError } from "../error.ts";
import { authorOf, denied, type GrantHandler, grantToken, mayRefresh } from "./grant.ts";

export const clientCredentials: GrantHandler = (room, call) => {
  const { client, form, proof } = call;
  const { account } = client;
  const scope = chooseScope(form.get("scope"), account.grants);
  return grantToken(room, call, async (tx, draft) => {
    const error =
      account.totpSecret === null ? undefined : await room.login.useCode(tx, client, form.get("totp"));
    if (error) return { error, entry: denied("token.issue", account, "one-time code") };
    if (scope instanceof OAuthError) return { error: scope, entry: denied("token.issue", account, "scope") };
    const familyId = mayRefresh(account) ? Bun.randomUUIDv7() : null;
    room.audit.record(tx, authorOf(client), {
      action: "token.issue",
      outcome: "success",
      detail: { grant: "client_credentials", scope },
    });
    const issued = await room.maker.insert(
      tx,
      draft,
      {
        account,
        userId: null,
        actor: null,
        scope,
        familyId,
        policies: [],
        dpopJkt: proof?.jkt ?? null,
        life: account.tokenLife,
        apiToken: client.token,
        earlierApiTokens: null,
      },
      familyId === null ? undefined : { scope, familyId },
    );
    return { issued };
  });
};
