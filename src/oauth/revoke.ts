/** The end of a token by its client's own wish: RFC 7009. */
import { looksLikeToken } from "../accounts/tokens.ts";
import type { Transaction } from "../store/store.ts";
import type { Client } from "./client-login.ts";
import { OAuthError } from "./error.ts";
import { authorOf, forgetAfter, type GrantRoom } from "./grants/grant.ts";
import { accessTokenByHash, deleteAccessToken, refreshTokenByHash } from "./queries.ts";
import { endFamily } from "./revocation.ts";

type Room = Pick<GrantRoom, "store" | "audit" | "access" | "maker">;

/**
 * Ends a token; of a refresh token all that belongs to it (RFC 7009, 2.1). One that is not there is ended already.
 * @throws OAuthError `invalid_request` when it is another client's
 */
export async function revoke(room: Room, client: Client, token: string): Promise<void> {
  const refresh = looksLikeToken(token, "refresh");
  const hash = refresh ? room.maker.hash(token) : await room.access.hashOf(token);
  if (hash === undefined) return;
  await room.store.write(async (tx) => {
    const [row] = refresh
      ? await tx.run(refreshTokenByHash, { hash })
      : await tx.run(accessTokenByHash, { hash });
    if (!row) return;
    if (row.accountId !== client.account.id) {
      throw new OAuthError("invalid_request", "the token is another client's");
    }
    const ended = refresh ? await endFamily(tx, row.familyId ?? "") : await endOne(tx, hash);
    if (ended === 0) return;
    room.audit.record(tx, authorOf(client), {
      action: "token.revoke",
      outcome: "success",
      detail: { what: refresh ? "refresh token" : "access token", ended },
    });
    forgetAfter(tx, room.access);
  });
}

async function endOne(tx: Transaction, hash: string): Promise<number> {
  return (await tx.run(deleteAccessToken, { hash })).length;
}
