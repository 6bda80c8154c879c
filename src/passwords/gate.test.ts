import { describe, expect, test } from "bun:test";

import { Problem } from "../problem.ts";
import { type Argon2, PasswordGate } from "./gate.ts";

/** Checks that end when told to, in the order in which they began. */
function held(): { argon2: Argon2; begun: string[]; end: (right?: boolean) => void } {
  const begun: string[] = [];
  const open: ((right: boolean) => void)[] = [];
  const wait = (what: string) => {
    begun.push(what);
    return new Promise<boolean>((resolve) => open.push(resolve));
  };
  return {
    begun,
    argon2: { hash: async (password) => `hash ${password} ${await wait(password)}`, verify: wait },
    end: (right = true) => open.shift()?.(right),
  };
}

const settled = async (promise: Promise<unknown>) => await promise.catch((error: unknown) => error);

describe("what it computes", () => {
  const gate = new PasswordGate();

  test("a password verifies against its own hash, which is argon2id with OWASP's parameters", async () => {
    const hash = await gate.hash("correct horse battery");
    expect(hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
    expect(await gate.verify("correct horse battery", hash)).toBe(true);
    expect(await gate.verify("correct horse batterz", hash)).toBe(false);
  });

  test("letters composed or not are the same password", async () => {
    const hash = await gate.hash("Sm\u00f6rg\u00e5sbord 12");
    expect(await gate.verify("Smo\u0308rga\u030asbord 12", hash)).toBe(true);
  });

  test("no hash is computed all the same, and false", async () => {
    const seen: string[] = [];
    const verify = async (_: string, hash: string) => seen.push(hash) > 0;
    const willing = new PasswordGate({ argon2: { hash: async () => "", verify } });
    expect(await willing.verify("anything at all", undefined)).toBe(false);
    expect(await willing.verify("anything at all", null)).toBe(false);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{43}\$[\w+/]{43}$/);
    // And argon2 itself can read it.
    expect(await Bun.password.verify("anything at all", String(seen[0]))).toBe(false);
  });

  test("a password longer than any that can be set is not computed", async () => {
    const { argon2, begun } = held();
    expect(await new PasswordGate({ argon2 }).verify("x".repeat(1_001), undefined)).toBe(false);
    expect(begun).toEqual([]);
  });
});

describe("who may enter", () => {
  test("no more than allowed run at once, the rest in order of their coming", async () => {
    const { argon2, begun, end } = held();
    const gate = new PasswordGate({ argon2, atOnce: 2, waiting: 4 });
    const all = ["a", "b", "c", "d"].map((password) => gate.verify(password, "hash"));
    expect(begun).toEqual(["a", "b"]);
    end();
    await all[0];
    expect(begun).toEqual(["a", "b", "c"]);
    end();
    await all[1];
    expect(begun).toEqual(["a", "b", "c", "d"]);
    end();
    end(false);
    expect(await Promise.all(all)).toEqual([true, true, true, false]);
  });

  test("beyond those who may wait it answers 429 with Retry-After, and has room again later", async () => {
    const { argon2, end } = held();
    const gate = new PasswordGate({ argon2, atOnce: 1, waiting: 2 });
    const inside = ["a", "b", "c"].map((password) => gate.verify(password, "hash"));
    const refused = await settled(gate.verify("d", "hash"));
    if (!(refused instanceof Problem)) throw new Error("it was let in");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    end();
    await inside[0];
    const later = gate.verify("e", "hash");
    for (const one of [...inside.slice(1), later]) {
      end();
      expect(await one).toBe(true);
    }
  });

  test("a flood from one address leaves room for others", async () => {
    const { argon2, begun, end } = held();
    const gate = new PasswordGate({ argon2, atOnce: 1, waiting: 8 });
    const flood = Array.from({ length: 20 }, () => settled(gate.verify("guess", "hash", "192.0.2.7")));
    const other = gate.verify("mine", "hash", "192.0.2.8");
    await Promise.resolve();
    while (!begun.includes("mine")) {
      end(false);
      await new Promise((resolve) => setImmediate(resolve));
    }
    end();
    expect(await other).toBe(true);
    const refused = (await Promise.all(flood)).filter((outcome) => outcome instanceof Problem);
    expect(refused).toHaveLength(18);
  });

  test("a check that fails gives its place back", async () => {
    const failing = { hash: () => Promise.reject(new Error("no memory")), verify: async () => true };
    const gate = new PasswordGate({ argon2: failing, atOnce: 1, waiting: 1 });
    for (let i = 0; i < 3; i++) expect(await settled(gate.hash("password"))).toEqual(new Error("no memory"));
    expect(await gate.verify("password", "hash")).toBe(true);
  });
});
