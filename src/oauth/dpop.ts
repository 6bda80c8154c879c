/** Proofs that the caller holds the key a token is bound to: DPoP, RFC 9449. */
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { createHash } from "node:crypto";

import type { Clock } from "../clock.ts";
import type { Transaction } from "../store/store.ts";
import { insertProof } from "./queries.ts";

/** Signatures only; a proof's key comes with it, so a shared one would prove nothing. */
export const DPOP_ALGORITHMS = ["ES256", "ES384", "EdDSA", "Ed25519", "RS256", "PS256"];

/** How far a proof's time may lie from ours, milliseconds; after that it need not be remembered. */
const WINDOW = 60_000;
const MAX_PROOF = 8_192;
const MAX_ID = 512;

export interface Proof {
  /** SHA-256 thumbprint of the key (RFC 7638). */
  jkt: string;
  /** By which it is remembered. */
  hash: string;
  expiresAt: number;
}

/** What is wrong with a proof, in words of ours: it says nothing that the caller does not know. */
export class ProofError extends Error {
  override readonly name = "ProofError";
}

/**
 * @param url  what was asked for, without query, as the caller knows it
 * @param token  the access token that goes with it, at a resource
 * @returns undefined when there is none
 * @throws ProofError
 */
export async function readProof(
  request: Request,
  { url, token, clock }: { url: string; token?: string; clock: Clock },
): Promise<Proof | undefined> {
  const text = request.headers.get("dpop");
  if (text === null) return undefined;
  if (text.length > MAX_PROOF) throw new ProofError("the proof is too long");
  const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
    algorithms: DPOP_ALGORITHMS,
    typ: "dpop+jwt",
    currentDate: new Date(clock.now()),
  }).catch(() => {
    throw new ProofError("the proof is not signed as RFC 9449 says");
  });
  const { jti, htm, htu, iat, ath } = payload;
  if (typeof jti !== "string" || jti === "" || jti.length > MAX_ID)
    throw new ProofError("the proof has no jti");
  if (htm !== request.method) throw new ProofError("the proof is for another method");
  if (typeof htu !== "string" || !isSameUrl(htu, url)) throw new ProofError("the proof is for another URL");
  if (typeof iat !== "number" || !(Math.abs(iat * 1000 - clock.now()) <= WINDOW))
    throw new ProofError("the proof was not made just now");
  if (token !== undefined && ath !== sha256(token)) throw new ProofError("the proof is for another token");
  const { jwk } = protectedHeader;
  if (!jwk) throw new ProofError("the proof has no key");
  const jkt = await calculateJwkThumbprint(jwk);
  return { jkt, hash: sha256(`${jkt} ${jti}`), expiresAt: iat * 1000 + WINDOW + 1 };
}

/** Uses up a proof. @returns false when it was used before */
export async function spendProof(tx: Transaction, { hash, expiresAt }: Proof): Promise<boolean> {
  return (await tx.run(insertProof, { hash, expiresAt })).length > 0;
}

/** Query and fragment are not compared: RFC 9449, 4.3. */
function isSameUrl(given: string, expected: string): boolean {
  const url = URL.parse(given);
  if (!url) return false;
  url.hash = "";
  url.search = "";
  return url.href === new URL(expected).href;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
