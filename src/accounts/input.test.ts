import { expect, test } from "bun:test";

import { grantVocabulary } from "../grants/vocabulary.ts";
import { Problem } from "../problem.ts";
import { parseAccountPatch, parseNewAccount, parseNewToken } from "./input.ts";

const vocabulary = grantVocabulary({ types: { trainings: {} }, actions: {} });
const least = { name: "ERP", grants: [] };

/** The fields that are wrong. */
function wrong(parse: () => unknown): string[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof Problem) return error.violations.map(({ field }) => field);
    throw error;
  }
  return [];
}

test("a new account needs a name and grants, and has defaults for the rest", () => {
  expect(parseNewAccount({ ...least, name: " ERP " }, vocabulary)).toEqual({
    name: "ERP",
    grants: [],
    description: "",
    totp: false,
    allowedIps: [],
    expiresAt: null,
    token: { kind: "opaque", life: 3_600_000, refresh: false, audience: null },
    dpop: false,
    redirectUris: [],
    enabled: true,
  });
  expect(wrong(() => parseNewAccount({}, vocabulary))).toEqual(["name", "grants"]);
});

test.each([
  ["name", { name: "a".repeat(201) }],
  ["name", { name: "line\u0007" }],
  ["description", { description: 7 }],
  ["grants", { grants: "trainings:read" }],
  ["grants[0].actions[0]", { grants: [{ resource: "trainings", actions: ["run"] }] }],
  ["allowed_ips", { allowed_ips: "192.0.2.1" }],
  ["expires_at", { expires_at: 1_800_000_000 }],
  ["expires_at", { expires_at: "2026-02-30" }],
  ["token.life", { token: { life: "91d" } }],
  ["token.life", { token: { life: "0s" } }],
  ["token.audience", { token: { audience: "" } }],
  ["token.secret", { token: { secret: "x" } }],
  ["dpop", { dpop: "yes" }],
  ["enabled", { enabled: null }],
  ["totp", { totp: "on" }],
  ["client_id", { client_id: "mine" }],
  ["tokens", { tokens: [] }],
])("%s that does not fit is refused: %j", (field, more) => {
  expect(wrong(() => parseNewAccount({ ...least, ...more }, vocabulary))).toEqual([field]);
});

test("a patch gives the columns of what it has, and nothing of what it has not", () => {
  expect(parseAccountPatch({}, vocabulary)).toEqual({});
  expect(parseAccountPatch({ token: { life: "5m" }, expires_at: null }, vocabulary)).toEqual({
    tokenLife: 300_000,
    expiresAt: null,
  });
  expect(parseAccountPatch({ token: { audience: null } }, vocabulary)).toEqual({ tokenAudience: null });
  expect(wrong(() => parseAccountPatch({ totp: true, id: "x" }, vocabulary))).toEqual(["totp", "id"]);
});

test("a new token may have a label and an end", () => {
  expect(parseNewToken({})).toEqual({ label: "", expiresAt: null });
  expect(parseNewToken({ label: "2027", expires_at: "2027-01-01" })).toEqual({
    label: "2027",
    expiresAt: Date.UTC(2027, 0, 1),
  });
  expect(wrong(() => parseNewToken({ label: 1, expires_at: "soon", token: "x" }))).toEqual([
    "label",
    "expires_at",
    "token",
  ]);
});
