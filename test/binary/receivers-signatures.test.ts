/** What proves that a webhook is ours: each signature by the judgement of others, also while a secret is replaced. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac, createPublicKey, verify as verifyWithKey } from "node:crypto";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, type Received, TestReceiver } from "./receiver.ts";
import { expectProblem, type ReceiverOut } from "./wire.ts";

let koppla: Koppla;
let sink: TestReceiver;

beforeAll(async () => {
  koppla = await startKoppla();
  sink = new TestReceiver();
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

interface Rotated extends ReceiverOut {
  secret: string;
  previous_until: string | null;
}

/** Whether both libraries take a webhook with this secret; they must agree. */
function isTaken(secret: string, { body, headers }: Received): boolean {
  const [one, other] = [StandardWebhook, SvixWebhook].map((Library) => {
    try {
      new Library(secret).verify(body, headers);
      return true;
    } catch {
      return false;
    }
  });
  expect(one).toBe(other);
  return one === true;
}

const rotate = (partner: Partner, id: string, body: unknown = {}) =>
  partner.send<Rotated>("POST", `/api/v1/receivers/${id}/rotate-secret`, body, 200);

describe("the libraries standardwebhooks and svix", () => {
  test("take every webhook before a rotation, in the middle of one, and after it", async () => {
    const partner = await koppla.partner("rotation");
    const made = await createReceiver(partner, sink.url("/rotation"), { bundle: { quiet: "0s" } });
    let pushed = 0;
    const next = async (): Promise<Received> => {
      pushed++;
      await put(partner, `trainings/${pushed}`, { name: `Åsa's n° ${pushed} – "svetsning"` });
      return await sink.nth(pushed, "/rotation");
    };

    const before = [await next(), await next()];
    for (const request of before) expect(isTaken(made.secret, request)).toBe(true);

    const rotated = await rotate(partner, made.id, { overlap: "3s" });
    const until = Date.parse(String(rotated.previous_until));
    expect(rotated.secret).not.toBe(made.secret);
    const middle = [await next(), await next()];
    // Else it proves nothing of the middle.
    expect(Date.now()).toBeLessThan(until);
    for (const request of middle) {
      expect(request.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
      expect(isTaken(made.secret, request)).toBe(true);
      expect(isTaken(rotated.secret, request)).toBe(true);
    }

    await Bun.sleep(Math.max(0, until - Date.now() + 50));
    const after = [await next(), await next()];
    for (const request of after) {
      expect(request.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
      expect(isTaken(made.secret, request)).toBe(false);
      expect(isTaken(rotated.secret, request)).toBe(true);
    }
  });

  test("take what is sent again after a rotation without overlap with the new secret alone", async () => {
    const partner = await koppla.partner("leaked");
    sink.script((_, { path }) =>
      path === "/leaked" && sink.requests.filter((one) => one.path === path).length === 1 ? 500 : 204,
    );
    const made = await createReceiver(partner, sink.url("/leaked"), {
      ...{ bundle: { quiet: "0s" }, retry: { steps: ["1s"] } },
    });
    await put(partner, "trainings/1", { name: "x" });
    const first = await sink.nth(1, "/leaked");
    const { secret, previous_until } = await rotate(partner, made.id, { overlap: "0s" });
    expect(previous_until).toBeNull();
    const second = await sink.nth(2, "/leaked");
    expect(second.id).toBe(first.id);
    expect(isTaken(made.secret, first)).toBe(true);
    expect([isTaken(made.secret, second), isTaken(secret, second)]).toEqual([false, true]);
  });
});

test.each(["sha1", "sha256", "sha384", "sha512"])(
  "WebSub's signature is node:crypto's by %s",
  async (method) => {
    const partner = await koppla.partner(`websub-${method}`);
    const secret = "hemlighet med åäö";
    const made = await createReceiver(partner, sink.url(`/websub-${method}`), {
      auth: { protocol: "websub", secret, method },
    });
    await put(partner, "trainings/1", { name: "Umeå" });
    const request = await sink.nth(1, `/websub-${method}`);
    const expected = createHmac(method, secret).update(Buffer.from(request.body)).digest("hex");
    expect(request.headers["x-hub-signature"]).toBe(`${method}=${expected}`);
    expect(isTaken(made.secret, request)).toBe(true);
  },
);

describe("an ed25519 signature", () => {
  interface PublicKeys {
    key: string;
    pem: string;
    keys: { key: string; pem: string }[];
  }
  const keysOf = (partner: Partner, id: string) =>
    partner.read<PublicKeys>(`/api/v1/receivers/${id}/public-key`);

  /** The `v1a` signatures of a webhook that this raw key of 32 bytes proves. */
  const provenBy = (key: string, { headers, body }: Received): number => {
    const raw = Buffer.from(key.replace(/^whpk_/, ""), "base64");
    const half = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
      format: "jwk",
    });
    const content = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
    return (headers["webhook-signature"] ?? "")
      .split(" ")
      .filter((part) => part.startsWith("v1a,"))
      .filter((part) => verifyWithKey(null, content, half, Buffer.from(part.slice(4), "base64"))).length;
  };

  test("stands beside the other, and the public key proves it, before and in a rotation", async () => {
    const partner = await koppla.partner("ed25519");
    const made = await createReceiver(partner, sink.url("/ed25519"), { signature: "v1a" });
    const first = await keysOf(partner, made.id);
    expect(first.key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(createPublicKey(first.pem).asymmetricKeyType).toBe("ed25519");
    await put(partner, "trainings/1", { name: "Umeå" });
    const one = await sink.nth(1, "/ed25519");
    expect(provenBy(first.key, one)).toBe(1);
    expect(provenBy(first.key, { ...one, body: `${one.body} ` })).toBe(0);
    expect(isTaken(made.secret, one)).toBe(true);

    const { secret } = await rotate(partner, made.id, { signing_key: true });
    const both = await keysOf(partner, made.id);
    expect(both.keys.map(({ key }) => key)).toEqual([both.key, first.key]);
    await put(partner, "trainings/2", { name: "Lund" });
    const two = await sink.nth(2, "/ed25519");
    expect([provenBy(first.key, two), provenBy(both.key, two)]).toEqual([1, 1]);
    expect([isTaken(made.secret, two), isTaken(secret, two)]).toEqual([true, true]);
  });

  test("is not there where it was not asked for, and no key is told", async () => {
    const partner = await koppla.partner("no-ed25519");
    const made = await createReceiver(partner, sink.url("/no-ed25519"));
    await expectProblem(await partner.get(`/api/v1/receivers/${made.id}/public-key`), 404);
    await put(partner, "trainings/1", { name: "x" });
    const request = await sink.nth(1, "/no-ed25519");
    expect(request.headers["webhook-signature"]).toMatch(/^v1,\S+$/);
  });
});
