/** Access tokens that are JWTs, RFC 9068. */
import { jwtVerify, SignJWT } from "jose";

import type { Actor } from "../accounts/principal.ts";
import { SIGNING_ALGORITHM, type SigningKey } from "./keys.ts";

/** The `typ` by which they cannot be taken for any other JWT (RFC 9068, 2.1). */
const TYPE = "at+jwt";
/** Longer than any that we make. */
const MAX_LENGTH = 16_384;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Members of a header that name a key; ours is found by `kid` alone, so nobody brings one along. */
const FOREIGN_KEYS = ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit"];

export interface AccessClaims {
  issuer: string;
  /** The account's client id, or the id of the person. */
  subject: string;
  clientId: string;
  audience: string;
  id: string;
  scope: string;
  actor: Actor | null;
  dpopJkt: string | null;
  /** Milliseconds since 1970. */
  issuedAt: number;
  expiresAt: number;
}

/** `act` of RFC 8693, 4.1. */
export interface ActClaim {
  sub: string;
  act?: ActClaim;
}

export function actClaim({ clientId, actor }: Actor): ActClaim {
  return { sub: clientId, ...(actor && { act: actClaim(actor) }) };
}

export function signAccessToken({ kid, privateKey }: SigningKey, claims: AccessClaims): Promise<string> {
  const { actor, dpopJkt } = claims;
  return new SignJWT({
    client_id: claims.clientId,
    scope: claims.scope,
    ...(actor && { act: actClaim(actor) }),
    ...(dpopJkt !== null && { cnf: { jkt: dpopJkt } }),
  })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TYPE, kid })
    .setIssuer(claims.issuer)
    .setSubject(claims.subject)
    .setAudience(claims.audience)
    .setJti(claims.id)
    .setIssuedAt(Math.floor(claims.issuedAt / 1000))
    .setExpirationTime(Math.floor(claims.expiresAt / 1000))
    .sign(privateKey);
}

export function looksLikeJwt(token: string): boolean {
  return token.length <= MAX_LENGTH && SHAPE.test(token);
}

/**
 * The `jti` of a token that we signed, undefined for any other text. Whether it is still good, its row says: the
 * times in it are not looked at.
 * @param publicKey  gives our key of a `kid`
 */
export async function verifiedId(
  token: string,
  issuer: string,
  publicKey: (kid: string) => Promise<CryptoKey | undefined>,
): Promise<string | undefined> {
  if (!looksLikeJwt(token)) return undefined;
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const { kid } = header;
        const key =
          typeof kid === "string" && !FOREIGN_KEYS.some((name) => name in header)
            ? await publicKey(kid)
            : undefined;
        if (!key) throw new Error("not a key of ours");
        return key;
      },
      { algorithms: [SIGNING_ALGORITHM], typ: TYPE, issuer, currentDate: new Date(0) },
    );
    return payload.jti;
  } catch {
    return undefined;
  }
}
