/** A code from the authorize page for tokens that speak for a person: RFC 6749, 4.1.3, RFC 7636, RFC 9449, 10. */
import { looksLikeToken } from "../../accounts/tokens.ts";
import { narrow, scopesOf } from "../../grants/scope.ts";
import { required } from "../form.ts";
import { provesChallenge } from "../pkce.ts";
import { codeByHash, spendCode } from "../queries.ts";
import { splitScope } from "../scope.ts";
import { grantsOf } from "../standing.ts";
import {
  authorOf,
  denied,
  endReused,
  type GrantHandler,
  grantToken,
  invalidGrant,
  proofRequired,
} from "./grant.ts";

export const authorizationCode: GrantHandler = async (room, call) => {
  const { client, form, proof } = call;
  const { account } = client;
  const code = required(form, "code");
  const redirectUri = required(form, "redirect_uri");
  const verifier = form.get("code_verifier") ?? "";
  if (!looksLikeToken(code, "code")) throw invalidGrant();
  const hash = room.maker.hash(code);
  const refuse = (reason: string) => ({
    error: invalidGrant(),
    entry: denied("token.issue", account, reason),
  });
  return await grantToken(room, call, async (tx, draft) => {
    const now = room.clock.now();
    const [row] = await tx.run(codeByHash, { hash });
    // One that is another client's goes on to be good for that one: who stole it must not be able to spoil it.
    if (!row || row.accountId !== account.id) return refuse("code unknown, or another client's");
    const { userId, familyId, dpopJkt } = row;
    const reused = { what: "code", familyId } as const;
    if (row.usedAt !== null) return await endReused(room, tx, client, reused);
    if (row.expiresAt <= now) return refuse("code expired");
    if (row.redirectUri !== redirectUri) return refuse("code of another redirect URI");
    if (!provesChallenge(verifier, row.challenge)) return refuse("code verifier");
    if (dpopJkt !== null && !proof) return { error: proofRequired() };
    if (dpopJkt !== null && proof?.jkt !== dpopJkt) return refuse("proof of another key");
    const person = await room.people.byId(tx, userId);
    if (!person?.active) return refuse("the user is disabled");
    const [spent] = await tx.run(spendCode, { hash, now });
    if (!spent) return await endReused(room, tx, client, reused);
    // What was taken away since the person agreed is not given.
    const scope = scopesOf(narrow(grantsOf(account, person), splitScope(row.scope))).join(" ");
    room.audit.record(tx, authorOf(client, person), {
      action: "token.issue",
      outcome: "success",
      detail: { grant: "authorization_code", scope },
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
      { scope, familyId },
    );
    return { issued };
  });
};
