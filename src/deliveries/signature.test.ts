import { describe, expect, test } from "bun:test";
import { createHmac, generateKeyPairSync, verify as verifyWithKey } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { Problem } from "../problem.ts";
import {
  generateSecret,
  parseSecret,
  sign,
  signAsymmetric,
  signStream,
  verify,
  verifyWebsub,
  websubMethods,
  websubSignature,
} from "./signature.ts";

// The example of the Standard Webhooks specification.
const vector = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const vectorKey = parseSecret(vector.secret);

function headersOf(id: string, timestamp: number | string, signature: string): Headers {
  return new Headers({
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signature,
  });
}

/** Verifies the vector with some of it changed. */
function verifyVector(changed: {
  keys?: Uint8Array[];
  headers?: Headers;
  body?: string | Uint8Array;
  now?: number;
}) {
  return verify({
    keys: [vectorKey],
    headers: headersOf(vector.id, vector.timestamp, vector.signature),
    body: vector.body,
    now: vector.timestamp * 1000,
    ...changed,
  });
}

function reasonOf(result: ReturnType<typeof verify>): string {
  return result.ok ? "verified" : result.reason;
}

describe("secrets", () => {
  test("a generated secret is whsec_ and 32 random bytes, another one each time", () => {
    const secret = generateSecret();
    expect(secret).toStartWith("whsec_");
    expect(parseSecret(secret)).toHaveLength(32);
    expect(generateSecret()).not.toBe(secret);
    expect(generateSecret((bytes) => bytes.fill(0))).toBe(`whsec_${"A".repeat(43)}=`);
  });

  test.each([24, 25, 64])("a key of %i bytes is read as it was written", (length) => {
    const key = new Uint8Array(length).map((_, index) => index);
    expect(parseSecret(`whsec_${key.toBase64()}`)).toEqual(key);
  });

  test.each([
    ["without the prefix", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    ["that is empty", "whsec_"],
    ["of 23 bytes", `whsec_${new Uint8Array(23).toBase64()}`],
    ["of 65 bytes", `whsec_${new Uint8Array(65).toBase64()}`],
    ["in the URL alphabet", `whsec_${"-_".repeat(16)}`],
    ["without padding", `whsec_${"A".repeat(43)}`],
    ["with a space in it", "whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw"],
  ])("a secret %s is refused, and the problem does not repeat it", (_, secret) => {
    let thrown: unknown;
    try {
      parseSecret(secret, "auth.secret");
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof Problem)) throw new Error("expected a Problem");
    expect(thrown.code).toBe("invalid");
    expect(thrown.violations.map((violation) => violation.field)).toEqual(["auth.secret"]);
    if (secret.length > 10) expect(thrown.message).not.toContain(secret.slice(6));
  });
});

describe("Standard Webhooks", () => {
  test("the specification's example gives the specification's signature", () => {
    expect(sign([vectorKey], vector.id, vector.timestamp, vector.body)).toBe(vector.signature);
    expect(verifyVector({})).toEqual({ ok: true });
  });

  test("the reference library accepts what sign makes", () => {
    const secret = generateSecret();
    const seconds = Math.floor(Date.now() / 1000);
    for (const body of ["", "{}", '{"name":"Åsa Öberg 🦊"}', JSON.stringify({ long: "x".repeat(100_000) })]) {
      const signature = sign([parseSecret(secret)], "msg_1", seconds, body);
      const headers = Object.fromEntries(headersOf("msg_1", seconds, signature));
      expect(() => new Webhook(secret).verify(body, headers, { jsonParse: false })).not.toThrow();
    }
  });

  test("verify accepts what the reference library makes", () => {
    const secret = generateSecret();
    const now = Date.now();
    const body = '{"changes":[{"id":"å"}]}';
    const signature = new Webhook(secret).sign("msg_2", new Date(now), body);
    const headers = headersOf("msg_2", Math.floor(now / 1000), signature);
    expect(verify({ keys: [parseSecret(secret)], headers, body, now })).toEqual({ ok: true });
    expect(verify({ keys: [parseSecret(secret)], headers, body: Buffer.from(body), now }).ok).toBeTrue();
  });

  test("during rotation both secrets' signatures stand in one header and either is enough", () => {
    const [old, next] = [generateSecret(), generateSecret()];
    const seconds = Math.floor(Date.now() / 1000);
    const signature = sign([parseSecret(old), parseSecret(next)], "msg_3", seconds, "{}");
    expect(signature.split(" ")).toHaveLength(2);
    for (const secret of [old, next]) {
      const headers = headersOf("msg_3", seconds, signature);
      expect(() => new Webhook(secret).verify("{}", Object.fromEntries(headers))).not.toThrow();
      expect(verify({ keys: [parseSecret(secret)], headers, body: "{}", now: seconds * 1000 }).ok).toBeTrue();
    }
  });

  test("a receiver that knows several secrets accepts a signature of any", () => {
    expect(verifyVector({ keys: [parseSecret(generateSecret()), vectorKey] })).toEqual({ ok: true });
  });

  test("bytes that are not UTF-8 are verified as they came", () => {
    const body = new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]);
    const signature = sign([vectorKey], vector.id, vector.timestamp, body);
    const headers = headersOf(vector.id, vector.timestamp, signature);
    expect(verifyVector({ headers, body })).toEqual({ ok: true });
    expect(verifyVector({ headers, body: body.with(1, 0xfd) }).ok).toBeFalse();
  });

  test.each([
    ["another body", { body: `${vector.body} ` }, /over these bytes/],
    ["another secret", { keys: [new Uint8Array(24)] }, /over these bytes/],
    [
      "another id",
      { headers: headersOf("msg_other", vector.timestamp, vector.signature) },
      /over these bytes/,
    ],
    ["a cut signature", { headers: headersOf(vector.id, vector.timestamp, "v1,g0hM") }, /over these bytes/],
    ["no id", { headers: headersOf("", vector.timestamp, vector.signature) }, /no webhook-id/],
    ["no timestamp", { headers: headersOf(vector.id, "", vector.signature) }, /no webhook-timestamp/],
    ["no signature", { headers: headersOf(vector.id, vector.timestamp, "") }, /no webhook-signature/],
    ["only a v1a signature", { headers: headersOf(vector.id, vector.timestamp, "v1a,AA==") }, /no v1/],
    ["a timestamp with letters", { headers: headersOf(vector.id, "1614265330x", "v1,A") }, /not a number/],
    ["a timestamp of 301 s ago", { now: (vector.timestamp + 301) * 1000 }, /301 s old/],
    ["a timestamp 301 s ahead", { now: (vector.timestamp - 301) * 1000 }, /301 s in the future/],
  ])("%s is not verified, with the reason", (_, changed, reason) => {
    expect(reasonOf(verifyVector(changed))).toMatch(reason);
  });

  test("a timestamp of just the tolerance is verified", () => {
    expect(verifyVector({ now: (vector.timestamp + 300) * 1000 + 999 }).ok).toBeTrue();
    expect(verifyVector({ now: (vector.timestamp - 300) * 1000 }).ok).toBeTrue();
  });
});

describe("WebSub", () => {
  test("the known example gives the known signature", () => {
    expect(websubSignature("sha256", "secret", '{"foo":1}')).toBe(
      "sha256=d1a609fdae8472a29f0c93abea3eb6a07437575bc2f0086e5e52d60676fa81f7",
    );
  });

  test.each([...websubMethods])("%s is what node:crypto computes, and is verified", (method) => {
    const body = '{"name":"Åsa"}';
    const header = websubSignature(method, "nyckel-å", body);
    expect(header).toBe(`${method}=${createHmac(method, "nyckel-å").update(body).digest("hex")}`);
    expect(verifyWebsub({ secrets: ["other", "nyckel-å"], header, body })).toEqual({ ok: true });
    expect(verifyWebsub({ secrets: ["nyckel-å"], header, body: `${body} ` }).ok).toBeFalse();
    expect(verifyWebsub({ secrets: ["other"], header, body }).ok).toBeFalse();
  });

  test("hex digits may be upper case", () => {
    const header = `sha1=${websubSignature("sha1", "k", "{}").slice(5).toUpperCase()}`;
    expect(verifyWebsub({ secrets: ["k"], header, body: "{}" })).toEqual({ ok: true });
  });

  test.each([
    ["a missing header", null, /no x-hub-signature/],
    ["an unknown method", "md5=00", /names none of/],
    ["no method", "00ff", /names none of/],
    ["a cut signature", "sha256=d1a6", /over these bytes/],
  ])("%s is not verified, with the reason", (_, header, reason) => {
    expect(reasonOf(verifyWebsub({ secrets: ["k"], header, body: "{}" }))).toMatch(reason);
  });
});

test("the asymmetric signatures are of the same bytes, one for each key, and its library passes over them", () => {
  const keys = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
  const body = '{"city":"Umeå"}';
  const timestamp = Math.floor(Date.now() / 1000);
  const header = signAsymmetric(
    keys.map(({ privateKey }) => privateKey),
    "msg_1",
    timestamp,
    body,
  );
  const parts = header.split(" ");
  expect(parts).toHaveLength(2);
  parts.forEach((part, index) => {
    expect(part).toStartWith("v1a,");
    const signature = Buffer.from(part.slice("v1a,".length), "base64");
    const signed = Buffer.from(`msg_1.${timestamp}.${body}`);
    keys.forEach(({ publicKey }, of) =>
      expect(verifyWithKey(null, signed, publicKey, signature)).toBe(of === index),
    );
  });
  const all = `${header} ${sign([vectorKey], "msg_1", timestamp, body)}`;
  const headers = Object.fromEntries(headersOf("msg_1", timestamp, all));
  expect(new Webhook(vector.secret).verify(body, headers)).toEqual({ city: "Umeå" });
});

test("a body that comes in pieces has the signatures of the whole", async () => {
  const { id, timestamp, body, signature } = vector;
  const other = parseSecret(generateSecret());
  for (const cuts of [[], [0], [1, 5], [19, 1]]) {
    const bytes = new TextEncoder().encode(body);
    const pieces = (async function* () {
      let at = 0;
      for (const length of [...cuts, bytes.length]) yield bytes.subarray(at, (at += length));
    })();
    const signed = await signStream([vectorKey, other], id, timestamp, pieces);
    expect(signed).toBe(sign([vectorKey, other], id, timestamp, body));
    expect(signed).toStartWith(signature);
  }
});
