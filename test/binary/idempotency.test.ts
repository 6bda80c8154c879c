/** `Idempotency-Key`: what makes something may be sent again, and makes it once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { TestReceiver } from "./receiver.ts";
import { expectProblem, type Page } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla?.dispose());

const count = async (path: string, by = partner) =>
  (await by.read<Page<unknown>>(`${path}?limit=500`)).items.length;

const newKey = () => crypto.randomUUID();

/** All of an answer that is the same when it is given again. */
async function told(response: Response) {
  const { status, headers } = response;
  const [location, type] = [headers.get("location"), headers.get("content-type")];
  return { status, location, type, text: await response.text() };
}

/** Sends a request twice by one key; the second answer is the first one, and says so. */
async function twice(path: string, body: unknown, by = partner) {
  const headers = { "idempotency-key": newKey() };
  const send = () => by.api(path, { method: "POST", headers, ...(body !== undefined && { json: body }) });
  const one = await send();
  expect(one.headers.has("idempotency-replayed")).toBe(false);
  const first = await told(one);
  const other = await send();
  expect(other.headers.get("idempotency-replayed")).toBe("true");
  expect(other.headers.get("x-request-id")).not.toBe(one.headers.get("x-request-id"));
  expect(await told(other)).toEqual(first);
  return first;
}

describe("a request that is sent twice with one key", () => {
  test("makes one record without an id of its own, and one of a list", async () => {
    const before = await count("/api/v1/trainings");
    expect(await twice("/api/v1/trainings", { name: "Svetsning" })).toMatchObject({ status: 201 });
    expect(await count("/api/v1/trainings")).toBe(before + 1);
    const list = Array.from({ length: 200 }, (_, id) => ({ id: 9_000 + id, name: `n${id}` }));
    // Long enough to be compressed for whoever takes that.
    expect(await twice("/api/v1/trainings", list)).toMatchObject({ status: 200 });
  });

  test("makes one account, user, receiver and token, with the secrets that are told once", async () => {
    const accounts = await count("/api/v1/accounts");
    const made = await twice("/api/v1/accounts", { name: "ERP", grants: [], totp: true });
    const account: { id: string; token: string } = JSON.parse(made.text);
    expect(made).toMatchObject({ status: 201 });
    expect(account.token).toStartWith("koppla_");
    expect(await count("/api/v1/accounts")).toBe(accounts + 1);

    await twice(`/api/v1/accounts/${account.id}/tokens`, { label: "second" });
    const tokens = await partner.read<Page<unknown>>(`/api/v1/accounts/${account.id}/tokens`);
    expect(tokens.items).toHaveLength(2);

    const user = { username: "anna", email: "anna@example.org", name: "Anna", roles: ["administrator"] };
    await twice("/api/v1/users", { ...user, password: "a long enough passphrase" });
    expect(await count("/api/v1/users")).toBe(1);

    const receivers = await count("/api/v1/receivers");
    const receiver = await twice("/api/v1/receivers", {
      ...{ name: "R", url: "http://127.0.0.1:1/", topics: ["*"], account_id: partner.clientId },
    });
    expect(JSON.parse(receiver.text)).toMatchObject({ secret: expect.stringMatching(/^whsec_/) });
    expect(await count("/api/v1/receivers")).toBe(receivers + 1);

    const { id }: { id: string } = JSON.parse(receiver.text);
    await twice(`/api/v1/receivers/${id}/rotate-secret`, undefined);
  });

  test("starts one operation, and sends a delivery again once", async () => {
    await using sink = new TestReceiver();
    const { id } = await partner.send<{ id: string }>(
      ...(["POST", "/api/v1/receivers"] as const),
      { name: "S", url: sink.url(), topics: ["Articles.*"], account_id: partner.clientId },
      201,
    );
    await partner.put("/api/v1/articles/a", { title: "x" });
    const { id: delivery } = await sink.nth(1);
    const before = await count("/api/v1/operations");
    await twice(`/api/v1/receivers/${id}/recover`, { since: "2026-01-01T00:00:00Z" });
    expect(await count("/api/v1/operations")).toBe(before + 1);
    await twice(`/api/v1/deliveries/${delivery}/resend`, undefined);
    expect((await sink.nth(2)).id).toBe(delivery);
  });

  test("makes one web message", async () => {
    const party = newKey();
    const externalReferences = [{ key: "caseId", value: "12345" }];
    const made = await twice("/webmessages", { partyId: party, message: "m", externalReferences });
    expect(made).toMatchObject({ status: 201, text: "", location: expect.stringContaining("/webmessages/") });
    expect(await partner.read<[]>(`/webmessages/recipients/${party}`)).toHaveLength(1);
  });

  test("adds one record by the public data API", async () => {
    const before = await count("/api/v1/trainings");
    const made = await twice(`/api/public/trainings/add/?org=${partner.organisation}`, { name: "added" });
    expect(made.status).toBe(200);
    expect(await count("/api/v1/trainings")).toBe(before + 1);
  });

  test("is the same with the key in quotes, as the draft writes it", async () => {
    const key = newKey();
    const one = await partner.post("/api/v1/trainings", { name: "q" }, { "idempotency-key": key });
    const other = await partner.post("/api/v1/trainings", { name: "q" }, { "idempotency-key": `"${key}"` });
    expect((await told(other)).text).toBe((await told(one)).text);
  });
});

describe("a key", () => {
  test("of another request is refused: another body, path or query", async () => {
    const headers = { "idempotency-key": newKey() };
    expect((await partner.post("/api/v1/trainings", { name: "a" }, headers)).status).toBe(201);
    for (const [path, body] of [
      ["/api/v1/trainings", { name: "b" }],
      ["/api/v1/institutes", { name: "a" }],
      ["/api/v1/trainings?on_error=skip", { name: "a" }],
    ] as const) {
      const { violations } = await expectProblem(await partner.post(path, body, headers), 422);
      expect(violations).toEqual([
        { field: "Idempotency-Key", message: "was used for another request within 24 hours" },
      ]);
    }
  });

  test("is one's own: another account and another organisation may use the same", async () => {
    const headers = { "idempotency-key": newKey() };
    const colleague = await koppla.account("demo");
    const stranger = await koppla.partner("stranger");
    const ids = [];
    for (const by of [partner, colleague, stranger]) {
      const response = await by.post("/api/v1/trainings", { name: "a" }, headers);
      expect(response.headers.has("idempotency-replayed")).toBe(false);
      ids.push([response.status, response.headers.get("location")]);
    }
    expect(ids.map(([status]) => status)).toEqual([201, 201, 201]);
  });

  test("is free again after a request that failed", async () => {
    const headers = { "idempotency-key": newKey() };
    await expectProblem(await partner.post("/api/v1/trainings", { id: "x" }, headers), 422);
    expect((await partner.post("/api/v1/trainings", { name: "a" }, headers)).status).toBe(201);
  });

  test.each(["", " ", "with space", "å", "x".repeat(256)])("that is %p is refused: 400", async (key) => {
    const before = await count("/api/v1/trainings");
    const sent = new Headers({
      "content-type": "application/json",
      authorization: `Bearer ${partner.token}`,
    });
    sent.set("idempotency-key", key === "å" ? "\u00e5" : key);
    const body = JSON.stringify({ name: "a" });
    const response = await fetch(`${koppla.url}/api/v1/trainings`, { method: "POST", headers: sent, body });
    await expectProblem(response, 400);
    expect(await count("/api/v1/trainings")).toBe(before);
  });

  test("is told nothing to who may not log in, and nothing of it is kept", async () => {
    const headers = { "idempotency-key": newKey(), authorization: "Bearer koppla_wrong" };
    await expectProblem(await partner.post("/api/v1/trainings", { name: "a" }, headers), 401);
  });

  test("of an account that was switched off since is told nothing", async () => {
    const other = await koppla.account("demo", ["trainings:write"]);
    const headers = { "idempotency-key": newKey() };
    const first = await other.post("/api/v1/trainings", { name: "a" }, headers);
    expect(first.status).toBe(201);
    await partner.send("POST", `/api/v1/accounts/${other.clientId}/disable`, undefined, 200);
    await expectProblem(await other.post("/api/v1/trainings", { name: "a" }, headers), 401);
  });
});

test("of many requests at once with one key one is carried out; the others are told so, or are answered the same", async () => {
  const before = await count("/api/v1/trainings");
  const headers = { "idempotency-key": newKey() };
  const all = await Promise.all(
    Array.from({ length: 30 }, () => partner.post("/api/v1/trainings", { name: "at once" }, headers)),
  );
  const made = all.filter(({ status }) => status === 201);
  const conflicts = all.filter(({ status }) => status === 409);
  expect(made.length + conflicts.length).toBe(30);
  expect(new Set(made.map((one) => one.headers.get("location"))).size).toBe(1);
  expect(made.filter((one) => !one.headers.has("idempotency-replayed"))).toHaveLength(1);
  for (const one of conflicts) {
    expect(one.headers.get("retry-after")).toBe("1");
    await expectProblem(one, 409);
  }
  expect(await count("/api/v1/trainings")).toBe(before + 1);
});

test(
  "after a kill -9 what was answered is answered again, and what was made without an answer is not made twice",
  async () => {
    const killed = await startKoppla();
    try {
      const { demo } = killed;
      const headers = { "idempotency-key": newKey() };
      const account = { name: "ERP", grants: [] };
      const first = await told(await demo.post("/api/v1/accounts", account, headers));
      await killed.kill9();
      await killed.start();
      const again = await demo.post("/api/v1/accounts", account, headers);
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      expect(await told(again)).toEqual(first);

      // Many, of which the kill meets some in the middle.
      const keys = Array.from({ length: 200 }, newKey);
      const push = (key: string, name: string) =>
        demo.post("/api/v1/trainings", { name }, { "idempotency-key": key }).catch(() => undefined);
      let answered = 0;
      await Promise.all(
        keys.map(async (key, index) => {
          if ((await push(key, `n${index}`))?.status === 201 && ++answered === 40) await killed.kill9();
        }),
      );
      await killed.kill9();
      await killed.start();
      // Elsewhere than on SQLite the leases of the killed one hold for a while.
      if (onPostgres) await endLeases(killed);
      const locations = new Set<string | null | undefined>();
      for (const [index, key] of keys.entries()) {
        const response = await push(key, `n${index}`);
        expect([index, response?.status, await response?.clone().text()]).toEqual([
          index,
          201,
          expect.any(String),
        ]);
        locations.add(response?.headers.get("location"));
      }
      const { items } = await demo.read<Page<{ name: string }>>("/api/v1/trainings?limit=500");
      const names = items.map(({ name }) => name);
      expect(names.length).toBe(keys.length);
      expect(new Set(names).size).toBe(keys.length);
      expect(locations.size).toBe(keys.length);
    } finally {
      await killed.dispose();
    }
  },
  LONG_TEST_MS,
);

test("secrets in kept answers are sealed in the database", async () => {
  const sealed = await startKoppla();
  try {
    const headers = { "idempotency-key": newKey() };
    const made = await sealed.demo.post("/api/v1/accounts", { name: "ERP", grants: [] }, headers);
    const { token }: { token: string } = JSON.parse(await made.text());
    await sealed.stop();
    if (onPostgres) {
      const { SQL } = await import("bun");
      const { database } = JSON.parse(await Bun.file(sealed.configFile).text());
      const sql = new SQL(database.url, { max: 1 });
      const rows = await sql`select * from idempotency_keys`;
      await sql.close();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(token.slice(7));
      return;
    }
    const files = [...new Bun.Glob("data/koppla.db*").scanSync(sealed.dir)];
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = Buffer.from(await Bun.file(`${sealed.dir}/${file}`).arrayBuffer());
      expect(bytes.includes(token.slice(7))).toBe(false);
    }
  } finally {
    await sealed.dispose();
  }
});

test("the API's document names the header where it is taken, and nowhere else", async () => {
  type Document = { paths: Record<string, { post?: { parameters?: { $ref?: string }[] } }> };
  const { paths } = await partner.read<Document>("/openapi.json");
  const told: string[] = [];
  const taken: string[] = [];
  for (const [path, { post }] of Object.entries(paths)) {
    if (!post) continue;
    if (post.parameters?.some(({ $ref }) => $ref?.endsWith("/IdempotencyKey"))) told.push(path);
    const at = path.replaceAll(/\{\w+\}/g, "1");
    const response = await partner.post(at, {}, { "idempotency-key": "no key" });
    if ((await response.text()).includes("The Idempotency-Key must be")) taken.push(path);
  }
  expect(taken.length).toBeGreaterThan(15);
  expect(told).toEqual(taken);
});

test("a request without a key is as ever", async () => {
  const response = await partner.post("/api/v1/trainings", { name: "a" });
  expect(response.status).toBe(201);
  expect(response.headers.has("idempotency-replayed")).toBe(false);
});

async function endLeases(on: Koppla): Promise<void> {
  const { database } = JSON.parse(await Bun.file(on.configFile).text());
  const sql = new Bun.SQL(database.url, { max: 1 });
  await sql`update idempotency_keys set lease_until = 0`;
  await sql.close();
}
