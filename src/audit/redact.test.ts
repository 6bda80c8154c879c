import { describe, expect, test } from "bun:test";

import { clean, cleanJson } from "./redact.ts";

describe("text that goes into the audit log", () => {
  test.each([
    "koppla_0123456789abcdefghij",
    "kat_0123456789abcdefghij",
    "krt_0123456789abcdefghij",
    "kac_0123456789abcdefghij",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  ])("keeps of %s no more than what kind of secret it is", (secret) => {
    expect(clean(secret)).not.toContain(secret.slice(-8));
    expect(clean(`user:${secret} again ${secret}`)).not.toContain(secret.slice(-8));
    expect(JSON.stringify(cleanJson({ [secret]: [{ deep: secret }] }))).not.toContain(secret.slice(-8));
  });

  test("is short, and well-formed where it was cut in the middle of a character", () => {
    expect(clean("x".repeat(100_000)).length).toBeLessThan(310);
    expect(clean(`${"x".repeat(299)}😀`).isWellFormed()).toBe(true);
    expect(clean("a\ud800b")).toBe("a\ufffdb");
  });

  test("has nothing that a terminal or a database would take for more than text", () => {
    expect(clean("a\u0000b\u001b[31mc\u009bd\ne")).toBe("a\ufffdb\ufffd[31mc\ufffdd\ufffde");
  });

  test("stays what it was where it is harmless", () => {
    expect(clean("user:åsa.björk@exämple.se")).toBe("user:åsa.björk@exämple.se");
    expect(cleanJson({ n: 1.5, b: false, nothing: null, list: ["a"] })).toEqual({
      ...{ n: 1.5, b: false, nothing: null },
      list: ["a"],
    });
  });

  test("in a detail ends at some depth and after some members", () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } } };
    expect(cleanJson(deep)).toEqual({ a: { b: { c: { d: "…" } } } });
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`m${i}`, i]));
    expect(Object.keys(cleanJson(wide) as object)).toHaveLength(50);
  });
});
