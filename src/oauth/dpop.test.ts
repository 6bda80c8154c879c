import { describe, expect, test } from "bun:test";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { createHash } from "node:crypto";

import { ManualClock } from "../clock.ts";
import { ProofError, readProof } from "./dpop.ts";

const URL_OF_TOKEN = "https://koppla.example/oauth/token";
const clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
const pair = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(pair.publicKey);

interface Changes {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: CryptoKey | Uint8Array;
}

function prove({ header = {}, claims = {}, key = pair.privateKey }: Changes = {}): Promise<string> {
  const all = { jti: "1", htm: "POST", htu: URL_OF_TOKEN, iat: clock.now() / 1000, ...claims };
  return new SignJWT(all)
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk, ...header } as { alg: string; jwk: JWK })
    .sign(key);
}

async function read(proof: string | undefined, token?: string) {
  const headers = new Headers(proof === undefined ? {} : { dpop: proof });
  const request = new Request("http://localhost/oauth/token", { method: "POST", headers });
  try {
    return await readProof(request, { url: URL_OF_TOKEN, clock, ...(token !== undefined && { token }) });
  } catch (error) {
    if (error instanceof ProofError) return "refused";
    throw error;
  }
}

describe("a proof", () => {
  test("is of the key that comes with it, and known again by key and id", async () => {
    const proof = await read(await prove());
    expect(proof).toEqual({
      jkt: await calculateJwkThumbprint(jwk),
      hash: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: clock.now() + 60_001,
    });
    expect(await read(await prove({ claims: { iat: clock.now() / 1000 - 5 } }))).toMatchObject({
      hash: typeof proof === "object" ? proof?.hash : "",
    });
    expect(await read(await prove({ claims: { jti: "2" } }))).not.toMatchObject({
      hash: typeof proof === "object" ? proof?.hash : "",
    });
  });

  test("may be signed by any key of those that are offered", async () => {
    for (const alg of ["ES256", "ES384", "Ed25519", "EdDSA", "RS256", "PS256"]) {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      const proof = await prove({ header: { alg, jwk: await exportJWK(publicKey) }, key: privateKey });
      expect([alg, typeof (await read(proof))]).toEqual([alg, "object"]);
    }
  });

  test("is none where there is none", async () => {
    expect(await read(undefined)).toBeUndefined();
  });

  test("names the URL in any of its forms, query and fragment aside", async () => {
    for (const htu of [`${URL_OF_TOKEN}?a=1#b`, "https://KOPPLA.example:443/oauth/token"])
      expect(await read(await prove({ claims: { htu } }))).toBeObject();
  });

  test("at a resource is for one token", async () => {
    const ath = createHash("sha256").update("kat_1").digest("base64url");
    expect(await read(await prove({ claims: { ath } }), "kat_1")).toBeObject();
    expect(await read(await prove({ claims: { ath } }), "kat_2")).toBe("refused");
    expect(await read(await prove(), "kat_1")).toBe("refused");
  });
});

describe("refused is", () => {
  const now = clock.now() / 1000;
  const wrong: [string, Changes][] = [
    ["another method", { claims: { htm: "GET" } }],
    ["the method in small letters", { claims: { htm: "post" } }],
    ["another path", { claims: { htu: "https://koppla.example/oauth/revoke" } }],
    ["another host", { claims: { htu: "https://koppla.example.evil/oauth/token" } }],
    ["another scheme", { claims: { htu: "http://koppla.example/oauth/token" } }],
    ["no URL", { claims: { htu: "token" } }],
    ["a URL that is no text", { claims: { htu: { href: URL_OF_TOKEN } } }],
    ["one made over a minute ago", { claims: { iat: now - 61 } }],
    ["one made over a minute from now", { claims: { iat: now + 61 } }],
    ["no time", { claims: { iat: undefined } }],
    ["a time that is text", { claims: { iat: String(now) } }],
    ["no id", { claims: { jti: undefined } }],
    ["an empty id", { claims: { jti: "" } }],
    ["an id that is endless", { claims: { jti: "x".repeat(600) } }],
    ["one that has expired by its own word", { claims: { exp: now - 1 } }],
    ["one that is not good yet by its own word", { claims: { nbf: now + 30 } }],
    ["another type", { header: { typ: "JWT" } }],
    ["no type", { header: { typ: undefined } }],
    ["no key", { header: { jwk: undefined } }],
  ];
  test.each(wrong)("%s", async (_, changes) => {
    expect(await read(await prove(changes))).toBe("refused");
  });

  test("a private key that comes along", async () => {
    const secret = await exportJWK(pair.privateKey);
    expect(await read(await prove({ header: { jwk: secret } }))).toBe("refused");
  });

  test("a shared key that comes along", async () => {
    const key = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
    const oct = { kty: "oct", k: Buffer.from(key).toString("base64url") };
    expect(await read(await prove({ header: { alg: "HS256", jwk: oct }, key }))).toBe("refused");
  });

  test("the signature of another key than the one that comes along", async () => {
    const other = await generateKeyPair("ES256");
    expect(await read(await prove({ key: other.privateKey }))).toBe("refused");
  });

  test("text that is no JWT, two proofs, and one that is endless", async () => {
    const proof = await prove();
    for (const text of ["x", `${proof}, ${proof}`, `${proof}x`, "a".repeat(10_000)])
      expect(await read(text)).toBe("refused");
  });
});
