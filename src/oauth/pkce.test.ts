import { expect, test } from "bun:test";

import { isChallenge, provesChallenge } from "./pkce.ts";

// RFC 7636, appendix B.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

test("the RFC's verifier proves the RFC's challenge", () => {
  expect(isChallenge(challenge)).toBe(true);
  expect(provesChallenge(verifier, challenge)).toBe(true);
});

test.each([
  ["the challenge itself, as if the method were plain", challenge],
  ["one character more", `${verifier}a`],
  ["nothing", ""],
  ["less than 43 characters", verifier.slice(0, 42)],
  ["more than 128 characters", "a".repeat(129)],
  ["characters that verifiers do not have", `${verifier.slice(0, 42)}=`],
])("%s proves nothing", (_, text) => {
  expect(provesChallenge(text, challenge)).toBe(false);
});

test("a challenge is a SHA-256 in base64url", () => {
  for (const text of ["", challenge.slice(1), `${challenge}=`, challenge.replace("-", "+")])
    expect(isChallenge(text)).toBe(false);
});
