import { describe, expect, test } from "bun:test";

import { SealError, SecretBox } from "./seal.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const context = "receiver:1:auth";
const canary = "canary-secret-åäö";

describe("a sealed value", () => {
  const box = new SecretBox(key(1));

  test.each(["", "x", canary, "x".repeat(10_000)])("opens again (%#)", (text) => {
    expect(box.open(box.seal(text, context), context)).toBe(text);
  });

  test("opens with another box of the same key", () => {
    expect(new SecretBox(key(1)).open(box.seal(canary, context), context)).toBe(canary);
  });

  test("shows nothing of its text and is never the same twice", () => {
    const sealed = Array.from({ length: 100 }, () => box.seal(canary, context));
    expect(new Set(sealed).size).toBe(100);
    for (const text of sealed) {
      expect(text).toMatch(/^[\w-]+$/);
      expect(Buffer.from(text, "base64url").toString("latin1")).not.toContain("canary");
    }
  });

  test("does not open in another place", () => {
    expect(() => box.open(box.seal(canary, context), "receiver:2:auth")).toThrow(SealError);
  });

  test("does not open with another key", () => {
    expect(() => new SecretBox(key(2)).open(box.seal(canary, context), context)).toThrow(SealError);
  });

  test("does not open when any of its bytes was changed", () => {
    const bytes = Buffer.from(box.seal(canary, context), "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => box.open(changed.toString("base64url"), context)).toThrow(SealError);
    }
  });

  test("does not open when it was cut short, whatever is left of it", () => {
    const bytes = Buffer.from(box.seal(canary, context), "base64url");
    for (let length = 0; length < bytes.length; length++) {
      expect(() => box.open(bytes.subarray(0, length).toString("base64url"), context)).toThrow(SealError);
    }
  });

  test("that does not open says where it lies, and not what it holds", () => {
    const sealed = box.seal(canary, context);
    try {
      new SecretBox(key(2)).open(sealed, context);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toContain(context);
      expect(String(error)).not.toContain(canary);
      expect(String(error)).not.toContain(sealed);
    }
  });
});

test("a key of another length is refused", () => {
  expect(() => new SecretBox(new Uint8Array(16))).toThrow("32 bytes");
});
