import { describe, expect, test } from "bun:test";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";

import { type AccessClaims, signAccessToken, verifiedId } from "./jwt.ts";

const ISSUER = "https://koppla.example";
const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
const key = { generation: 1, kid: "ours", privateKey, activeAt: 0, shownUntil: 0 };
const keys = async (kid: string) => (kid === "ours" ? publicKey : undefined);

const claims: AccessClaims = {
  issuer: ISSUER,
  subject: "acc_1",
  clientId: "acc_1",
  audience: ISSUER,
  id: "jti-1",
  scope: "trainings:read",
  actor: null,
  dpopJkt: null,
  issuedAt: Date.UTC(2026, 0, 1),
  expiresAt: Date.UTC(2026, 0, 2),
};
const verify = (token: string) => verifiedId(token, ISSUER, keys);
const parts = (token: string) =>
  token
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
/** As good as ours but for what is changed. */
const forge = (header: Record<string, unknown>, signer: CryptoKey | Uint8Array = privateKey) =>
  new SignJWT({ client_id: "acc_1", scope: "*:*" })
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "ours", ...header })
    .setIssuer(ISSUER)
    .setSubject("acc_1")
    .setAudience(ISSUER)
    .setJti("jti-1")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(signer);

describe("a token", () => {
  test("says what RFC 9068 wants, and is known again", async () => {
    const token = await signAccessToken(key, claims);
    const [header, payload] = parts(token);
    expect(header).toEqual({ alg: "ES256", typ: "at+jwt", kid: "ours" });
    expect(payload).toEqual({
      iss: ISSUER,
      sub: "acc_1",
      client_id: "acc_1",
      aud: ISSUER,
      jti: "jti-1",
      iat: Date.UTC(2026, 0, 1) / 1000,
      exp: Date.UTC(2026, 0, 2) / 1000,
      scope: "trainings:read",
    });
    expect(await verify(token)).toBe("jti-1");
  });

  test("names those who act, one within the other, and the key it is bound to", async () => {
    const actor = { clientId: "acc_2", actor: { clientId: "acc_1" } };
    const [, payload] = parts(await signAccessToken(key, { ...claims, actor, dpopJkt: "thumb" }));
    expect(payload).toMatchObject({ act: { sub: "acc_2", act: { sub: "acc_1" } }, cnf: { jkt: "thumb" } });
  });

  test("that was made just so by another way is as good: what follows differs in one thing each", async () => {
    expect(await verify(await forge({}))).toBe("jti-1");
  });
});

describe("nothing else is a token of ours:", () => {
  test("alg none, with and without what was signed", async () => {
    const unsigned = new UnsecuredJWT({ client_id: "acc_1" }).setIssuer(ISSUER).setJti("jti-1").encode();
    expect(await verify(unsigned)).toBeUndefined();
    const [, payload, signature] = (await forge({})).split(".");
    const none = Buffer.from('{"alg":"none","typ":"at+jwt","kid":"ours"}').toString("base64url");
    expect(await verify(`${none}.${payload}.`)).toBeUndefined();
    expect(await verify(`${none}.${payload}.${signature}`)).toBeUndefined();
  });

  test("HS256 with the public key as the secret, in each form that it has", async () => {
    const spki = await exportSPKI(publicKey);
    const jwk = JSON.stringify(await exportJWK(publicKey));
    for (const secret of [spki, spki.trim(), jwk])
      expect(await verify(await forge({ alg: "HS256" }, new TextEncoder().encode(secret)))).toBeUndefined();
  });

  test("a foreign key under our kid, or under its own", async () => {
    const other = await generateKeyPair("ES256");
    expect(await verify(await forge({}, other.privateKey))).toBeUndefined();
    expect(await verify(await forge({ kid: "theirs" }, other.privateKey))).toBeUndefined();
    expect(await verify(await forge({ kid: undefined }))).toBeUndefined();
    expect(await verify(await forge({ kid: 7 }))).toBeUndefined();
  });

  test("one that brings its key, or says where it is, though our key signed it", async () => {
    const jwk = await exportJWK(publicKey);
    for (const header of [
      { jwk },
      { jku: `${ISSUER}/oauth/jwks` },
      { x5u: ISSUER },
      { x5c: ["a"] },
      { x5t: "a" },
    ])
      expect(await verify(await forge(header))).toBeUndefined();
  });

  test("another algorithm of elliptic curves", async () => {
    const other = await generateKeyPair("ES384");
    const token = await forge({ alg: "ES384" }, other.privateKey);
    expect(await verifiedId(token, ISSUER, async () => other.publicKey)).toBeUndefined();
  });

  test("another type: a JWT for something else must not become a token", async () => {
    for (const typ of ["JWT", "dpop+jwt", "at", undefined])
      expect(await verify(await forge({ typ }))).toBeUndefined();
  });

  test("one of another issuer", async () => {
    const token = await signAccessToken(key, { ...claims, issuer: "https://koppla.example.evil" });
    expect(await verify(token)).toBeUndefined();
  });

  test("one that was cut, lengthened, or changed anywhere", async () => {
    const token = await signAccessToken(key, claims);
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === "A" ? "B" : "A";
      expect(await verify(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
    }
    for (const text of [
      token.slice(0, -1),
      token.slice(0, token.lastIndexOf(".")),
      `${token}.`,
      `${token}A`,
      "",
    ])
      expect(await verify(text)).toBeUndefined();
    expect(await verify(`${"A".repeat(20_000)}.a.a`)).toBeUndefined();
  });
});
