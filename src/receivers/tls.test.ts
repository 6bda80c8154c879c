import { describe, expect, test } from "bun:test";

import { type Authority, type Certificate, hasOpenssl, newAuthority } from "../../test/certificates.ts";
import { Problem } from "../problem.ts";
import { parseTls, showTls } from "./tls.ts";

const canary = "canary-of-a-key";

function violations(value: unknown): { field: string; message: string }[] {
  try {
    parseTls(value, "tls");
  } catch (error) {
    if (error instanceof Problem && error.code === "invalid") return [...error.violations];
    throw error;
  }
  return [];
}

test("null and nothing take the certificates away", () => {
  expect(parseTls(null, "tls")).toBeNull();
  expect(parseTls({}, "tls")).toBeNull();
});

test("what is no PEM is refused, and no message repeats it", () => {
  const refused: [unknown, string][] = [
    [{ ca: canary }, "tls.ca"],
    [{ ca: 7 }, "tls.ca"],
    [{ ca: `-----BEGIN CERTIFICATE-----\n${btoa(canary)}\n-----END CERTIFICATE-----` }, "tls.ca"],
    [{ ca: "x".repeat(65_537) }, "tls.ca"],
    [{ key: canary }, "tls.key"],
    [{ nonesuch: 1 }, "tls.nonesuch"],
    ["x", "tls"],
  ];
  for (const [value, field] of refused) {
    const told = violations(value);
    expect(told.map((violation) => violation.field)).toEqual([field]);
    expect(JSON.stringify(told)).not.toContain(canary);
  }
});

describe.skipIf(!hasOpenssl)("certificates", () => {
  const authority: Authority | undefined = hasOpenssl ? newAuthority() : undefined;
  const issued = (name: string): Certificate => {
    if (!authority) throw new Error("no openssl");
    return authority.issue(name);
  };
  const ca = authority?.ca ?? "";

  test("are kept as they were given, and shown without the key", () => {
    const own = issued("koppla.example");
    const tls = parseTls({ ...own, ca }, "tls");
    expect(tls).toEqual({ ...own, ca });
    const shown = showTls(tls ?? {});
    expect(JSON.stringify(shown)).not.toContain("PRIVATE KEY");
    expect(shown).toEqual({
      cert: {
        subject: "CN=koppla.example",
        fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
      },
      ca: [expect.objectContaining({ subject: "CN=A test's authority" })],
    });
  });

  test("may be a chain, of which the first is the one that is shown and the key's", () => {
    const own = issued("koppla.example");
    const chain = own.cert + ca;
    expect(parseTls({ cert: chain, key: own.key }, "tls")).toEqual({ cert: chain, key: own.key });
    expect(showTls({ cert: chain }).cert?.subject).toBe("CN=koppla.example");
    expect(violations({ cert: ca + own.cert, key: own.key })[0]?.field).toBe("tls.key");
  });

  test("need their key, and the right one", () => {
    const [own, other] = [issued("koppla.example"), issued("other.example")];
    expect(violations({ cert: own.cert })).toEqual([{ field: "tls.key", message: "is required with cert" }]);
    expect(violations({ key: own.key })).toEqual([{ field: "tls.cert", message: "is required with key" }]);
    expect(violations({ cert: own.cert, key: other.key })).toEqual([
      { field: "tls.key", message: "is not the key of the first certificate in cert" },
    ]);
  });

  test("have keys that are not encrypted, which could not be used", () => {
    const { cert, key } = issued("koppla.example");
    const encrypted = Bun.spawnSync(["openssl", "pkcs8", "-topk8", "-passout", "pass:x"], {
      stdin: Buffer.from(key),
    }).stdout.toString();
    expect(encrypted).toContain("ENCRYPTED");
    expect(violations({ cert, key: encrypted })[0]?.field).toBe("tls.key");
  });
});
