import { expect, test } from "bun:test";
import { generateSync } from "otplib";

import { matchStep, newSecret, otpauthUri, qrSvg, qrText, secondsToNextStep, stepAt } from "./totp.ts";

/** "12345678901234567890", the secret of RFC 6238's vectors. */
const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const NOW = Date.UTC(2026, 10, 21, 19, 5, 10);

const codeAt = (secret: string, at: number) => generateSync({ secret, epoch: Math.floor(at / 1000) });

test("the vectors of RFC 6238, appendix B, match their steps", () => {
  // Of the eight digits there, the last six.
  const vectors: [seconds: number, code: string][] = [
    [59, "287082"],
    [1111111109, "081804"],
    [1111111111, "050471"],
    [1234567890, "005924"],
    [2000000000, "279037"],
    [20000000000, "353130"],
  ];
  for (const [seconds, code] of vectors) {
    expect(matchStep(RFC_SECRET, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  }
});

test("codes that otplib makes for new secrets match, one step before and after too, two steps away not", () => {
  for (let i = 0; i < 20; i++) {
    const secret = newSecret();
    for (const away of [-1, 0, 1]) {
      const at = NOW + away * 30_000;
      expect(matchStep(secret, codeAt(secret, at), NOW)).toBe(stepAt(at));
    }
    const near = [-1, 0, 1].map((away) => codeAt(secret, NOW + away * 30_000));
    for (const away of [-2, 2]) {
      const code = codeAt(secret, NOW + away * 30_000);
      if (!near.includes(code)) expect(matchStep(secret, code, NOW)).toBeUndefined();
    }
  }
});

test("another secret's code does not match", () => {
  expect(matchStep(RFC_SECRET, codeAt("A".repeat(32), NOW), NOW)).toBeUndefined();
});

test("what is not a code matches nothing", () => {
  const code = codeAt(RFC_SECRET, NOW);
  const malformed = [
    "",
    code.slice(1),
    `${code}0`,
    ` ${code}`,
    `${code}\n`,
    "abcdef",
    "１２３４５６",
    "-12345",
  ];
  for (const text of malformed) expect(matchStep(RFC_SECRET, text, NOW)).toBeUndefined();
});

test("a new secret has 160 bits in base32 and is never the same", () => {
  const secrets = new Set(Array.from({ length: 50 }, newSecret));
  expect(secrets.size).toBe(50);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
});

test("the wait for another code lasts until the next step begins", () => {
  expect(secondsToNextStep(0)).toBe(30);
  expect(secondsToNextStep(29_001)).toBe(1);
  expect(secondsToNextStep(NOW)).toBe(20);
});

test("the URI names issuer and account, whatever is in their names", () => {
  const uri = otpauthUri({ issuer: "Koppla: Örebro", label: "ERP & co", secret: RFC_SECRET });
  const url = new URL(uri);
  expect(url.protocol).toBe("otpauth:");
  expect(decodeURIComponent(url.pathname)).toEndWith("Koppla  Örebro:ERP & co");
  expect(Object.fromEntries(url.searchParams)).toEqual({ secret: RFC_SECRET, issuer: "Koppla  Örebro" });
});

test("a URI of the longest names still fits a QR code", () => {
  const name = "𝔎".repeat(500);
  expect(qrSvg(otpauthUri({ issuer: name, label: name, secret: RFC_SECRET }))).toStartWith("<svg");
});

test("QR codes are an image without scripts, and lines of blocks", () => {
  const uri = otpauthUri({ issuer: "Koppla", label: "ERP", secret: RFC_SECRET });
  expect(qrSvg(uri)).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>$/);
  expect(qrText(uri)).toMatch(/^[▀▄█ \n]+$/);
});
