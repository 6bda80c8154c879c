/**
 * Dry runs: each operation of the API document that changes something is tried out first, then done. Between, nothing
 * may have changed, in the whole database, at a receiver or in a mailbox; and the two answers look alike.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Contract } from "./contract.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { Mailbox } from "./mailbox.ts";
import { EXAMPLE, PARTY, sendMessage } from "./messages.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

let koppla: Koppla;
let sink: TestReceiver;
let mailbox: Mailbox;
let contract: Contract;

beforeAll(async () => {
  sink = new TestReceiver();
  mailbox = await Mailbox.open();
  koppla = await startKoppla({
    config: {
      smtp: mailbox.smtp,
      server: { dry_run_headers: ["Dry-Run", "ITCare-DryRun"] },
      webhooks: { bundle: { quiet: "5ms", longest: "1s", size: 500 }, allow_targets: ["127.0.0.1"] },
      actions: { notify: { input: { type: "object" }, run: { http: { url: sink.url("/action") } } } },
      schedules: { yearly: { cron: "0 3 1 1 *", action: "notify", input: {} } },
    },
  });
  const document = JSON.parse(await (await fetch(`${koppla.url}/openapi.json`)).text());
  contract = new Contract(document);
  // What a change goes out to, should it.
  await createReceiver(koppla.demo, sink.url("/all"), { topics: ["*", "WebMessages.*", "Accounts.*"] });
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
  await mailbox.close();
});

interface Call {
  path: string;
  body?: unknown;
  form?: Record<string, string>;
}

/** Makes what a call needs, for real. */
type Prepare = () => Call | Promise<Call>;

let made = 0;
const demo = () => koppla.demo;
const newReceiver = async (more: Record<string, unknown> = {}) =>
  (await createReceiver(demo(), sink.url(`/r${++made}`), { topics: ["Articles.*"], ...more })).id;
const newAccount = async (more: Record<string, unknown> = {}): Promise<{ id: string }> =>
  demo().send("POST", "/api/v1/accounts", { name: `a${++made}`, grants: [], ...more }, 201);
const newUser = async (): Promise<string> => {
  const email = `u${++made}@example.org`;
  const user = { username: `u${made}`, email, roles: [], password: "correct horse battery" };
  return (await demo().send<{ id: string }>("POST", "/api/v1/users", user, 201)).id;
};
const newDelivery = async (): Promise<string> => {
  const id = await newReceiver({ topics: ["Trainings.*"] });
  await put(demo(), "trainings/77", { name: `x${made}` });
  return await eventually("a delivery has ended", async () => {
    type Log = { items: { id: string }[] };
    const { items } = await demo().read<Log>(`/api/v1/deliveries?receiver=${id}&status=delivered`);
    return items[0]?.id;
  });
};
const training = async () => {
  await put(demo(), `trainings/${++made}`, { name: "x" });
  return `/api/v1/trainings/${made}`;
};
const receiver = (action: string, body?: unknown): Prepare => {
  return async () => ({ path: `/api/v1/receivers/${await newReceiver()}${action}`, body });
};
const account = (action: string, body?: unknown, more?: Record<string, unknown>): Prepare => {
  return async () => ({ path: `/api/v1/accounts/${(await newAccount(more)).id}${action}`, body });
};
const user = (action: string, body?: unknown): Prepare => {
  return async () => ({ path: `/api/v1/users/${await newUser()}${action}`, body });
};

const since = "2020-01-01T00:00:00Z";
const policy = { users: ["nobody"], scopes: ["trainings:read"] };
const calls: Record<string, Prepare> = {
  createTraining: () => ({
    path: "/api/v1/trainings",
    body: [
      { id: 501, name: "a" },
      { id: 502, name: "b" },
    ],
  }),
  replaceTraining: () => ({ path: "/api/v1/trainings/503", body: { name: "new" } }),
  patchTraining: async () => ({ path: await training(), body: { city: "Umeå" } }),
  deleteTraining: async () => ({ path: await training() }),
  importTrainings: () => ({ path: "/api/v1/trainings/import", body: [{ id: 701, name: "from a file" }] }),
  exportTrainings: () => ({ path: "/api/v1/trainings/export" }),
  createReceiver: () => ({
    path: "/api/v1/receivers",
    body: { name: "r", url: sink.url("/dry"), topics: ["*"] },
  }),
  changeReceiver: receiver("", { name: "renamed" }),
  removeReceiver: receiver(""),
  enableReceiver: receiver("/enable"),
  disableReceiver: receiver("/disable"),
  testReceiver: receiver("/test"),
  rotateReceiverSecret: receiver("/rotate-secret", {}),
  recoverReceiver: receiver("/recover", { since }),
  resendDelivery: async () => ({ path: `/api/v1/deliveries/${await newDelivery()}/resend` }),
  resendDeliveries: async () => ({
    path: "/api/v1/deliveries/resend",
    body: { since, receiver: await newReceiver() },
  }),
  createAccount: () => ({ path: "/api/v1/accounts", body: { name: "new", grants: [], totp: true } }),
  changeAccount: account("", { name: "renamed" }),
  deleteAccount: account(""),
  enableAccount: account("/enable"),
  disableAccount: account("/disable"),
  createAccountToken: account("/tokens", { label: "second" }),
  revokeAccountToken: async () => {
    const { id } = await newAccount();
    const { tokens } = await demo().read<{ tokens: { id: string }[] }>(`/api/v1/accounts/${id}`);
    return { path: `/api/v1/accounts/${id}/tokens/${tokens[0]?.id}` };
  },
  setAccountTotp: account("/totp"),
  removeAccountTotp: account("/totp", undefined, { totp: true }),
  createPortalLink: account("/portal-links", { label: "Anna" }),
  revokePortalLink: async () => {
    const path = `/api/v1/accounts/${(await newAccount()).id}/portal-links`;
    return { path: `${path}/${(await demo().send<{ id: string }>("POST", path, {}, 201)).id}` };
  },
  createImpersonationPolicy: account("/impersonation-policies", policy),
  removeImpersonationPolicy: async () => {
    const path = `/api/v1/accounts/${(await newAccount()).id}/impersonation-policies`;
    return { path: `${path}/${(await demo().send<{ id: string }>("POST", path, policy, 201)).id}` };
  },
  changeOrganisation: () => ({ path: "/api/v1/organisations/demo", body: { name: "Renamed" } }),
  setOrganisationPassword: () => ({
    path: "/api/v1/organisations/demo/password",
    body: { password: "S3cret-s3cret" },
  }),
  createUser: () => ({
    path: "/api/v1/users",
    body: { username: "new", email: "new@example.org", roles: [] },
  }),
  changeUser: user("", { name: "Renamed" }),
  deleteUser: user(""),
  enableUser: user("/enable"),
  disableUser: user("/disable"),
  setUserPassword: user("/password", { password: "another horse battery" }),
  resetUserTotp: user("/totp"),
  removeUserTotp: async () => {
    const path = `/api/v1/users/${await newUser()}/totp`;
    await demo().api(path, { method: "POST" });
    return { path };
  },
  runAction: () => ({ path: "/api/v1/actions/notify", body: { year: 2026 } }),
  runSchedule: () => ({ path: "/api/v1/schedules/yearly/run" }),
  createWebMessage: () => ({ path: "/webmessages", body: EXAMPLE }),
  deleteWebMessageById: async () => ({ path: `/webmessages/${await sendMessage(demo())}` }),
  exportParty: () => ({ path: `/api/v1/webmessages/parties/${PARTY}/export` }),
  eraseParty: () => ({ path: `/api/v1/webmessages/parties/${PARTY}/erase` }),
};
/** Not of the API document, but of the public one. */
const publicCalls: Record<string, Prepare> = {
  "POST add": () => ({ path: "/api/public/trainings/add/", body: { id: 601, name: "added" } }),
  "POST userAccount": () => ({
    path: "/api/public/userAccount/",
    body: { email: "visitor@example.org", firstName: "V", lastName: "R" },
  }),
};
/** Of other types than trainings, and nothing that changes: logins are what they are. */
const others =
  /^(create|replace|patch|delete|import|export)(Institute|Article|Case)s?$|^(getToken|revokeToken|introspectToken)$|Session(Password|Totp)?$|^setUp$/;
/** Tried out where what they need is made: a channel, an operation under way, somebody who looks after the server. */
const elsewhere = new Set(["resendPublication", "cancelOperation", "createOrganisation", "verifyAuditLog"]);

/** Every row of every table but when a token was used last, which is written by the way. */
async function contents(): Promise<Map<string, string[]>> {
  const rows = onPostgres ? await postgresRows() : sqliteRows();
  return new Map(
    rows.map(([table, found]) => [table, found.map((row) => JSON.stringify(row, blobs)).sort()]),
  );
}

type Row = Record<string, unknown>;
const blobs = (key: string, value: unknown): unknown => {
  if (key === "last_used_at") return undefined;
  return value instanceof Uint8Array ? Bun.hash(value).toString() : value;
};

function sqliteRows(): [string, Row[]][] {
  const db = new Database(join(koppla.dir, "data/koppla.db"), { readonly: true });
  try {
    const tables = db
      .query<{ name: string }, []>("select name from sqlite_master where type = 'table'")
      .all()
      .map(({ name }) => name);
    return tables.map((table) => [table, db.query<Row, []>(`select * from "${table}"`).all()]);
  } finally {
    db.close();
  }
}

async function postgresRows(): Promise<[string, Row[]][]> {
  const { database } = JSON.parse(readFileSync(koppla.configFile, "utf8")) as { database: { url: string } };
  const client = new Bun.SQL(database.url, { max: 1 });
  try {
    const tables: { name: string }[] =
      await client`select table_name as name from information_schema.tables where table_schema = 'public'`;
    const rows: [string, Row[]][] = [];
    for (const { name } of tables) rows.push([name, await client.unsafe(`select * from "${name}"`)]);
    return rows;
  } finally {
    await client.close();
  }
}

/** What is there, when what went before has come to rest. */
function atRest(): Promise<{ rows: Map<string, string[]>; arrived: number; mails: number }> {
  return eventually("nothing moves any more", async () => {
    const seen = async () => ({
      rows: await contents(),
      arrived: sink.requests.length,
      mails: mailbox.mails.length,
    });
    const first = await seen();
    await Bun.sleep(60);
    const second = await seen();
    const open = [...(second.rows.get("deliveries") ?? [])].some((row) =>
      /"status":"(pending|delivering)"/.test(row),
    );
    const running = [...(second.rows.get("operations") ?? [])].some((row) => row.includes('"IN_PROGRESS"'));
    return !open && !running && Bun.deepEquals(first, second) ? second : undefined;
  });
}

const send = (method: string, { path, body }: Call, headers: Record<string, string> = {}) =>
  demo().api(path, { method, ...(body !== undefined && { json: body }), headers });

/** The members of a value with their kinds, and nothing of what they say. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, shape(of)]));
}

async function answerOf(response: Response) {
  const text = await response.text();
  const type = response.headers.get("content-type");
  const isJson = type?.includes("json") ?? false;
  return { status: response.status, type, body: isJson ? shape(JSON.parse(text)) : text };
}

/** What was changed so far has gone out: in the feed this comes last. */
async function sentOut(): Promise<void> {
  const id = 900_000 + ++made;
  await put(demo(), `trainings/${id}`, { name: "the last one" });
  await sink.waitFor(`the change of ${id}`, (all) =>
    all.some(({ path, body }) => path === "/all" && body.includes(`"id":${id},`)),
  );
}

async function triedOut(method: string, prepare: Prepare): Promise<void> {
  const call = await prepare();
  await sentOut();
  const before = await atRest();
  const dry = await send(method, call, { "dry-run": "true" });
  expect(dry.headers.get("dry-run")).toBe("true");
  const answer = await answerOf(dry);
  // What it would have set off has time to happen.
  await Bun.sleep(120);
  const after = await atRest();
  for (const [table, rows] of after.rows)
    expect({ table, rows }).toEqual({ table, rows: before.rows.get(table) ?? [] });
  expect([after.arrived, after.mails]).toEqual([before.arrived, before.mails]);
  const real = await send(method, call);
  expect(real.headers.has("dry-run")).toBe(false);
  expect(real.status).toBeLessThan(300);
  expect(answer).toEqual(await answerOf(real));
}

describe("an operation that changes something", () => {
  test("is in this test, each of them", () => {
    const changing = contract.operations.filter(({ method }) => !["GET", "HEAD"].includes(method));
    const missing = changing
      .map(({ operationId }) => operationId)
      .filter((id) => !(id in calls) && !others.test(id) && !elsewhere.has(id));
    expect(missing).toEqual([]);
  });

  test.each(Object.entries(calls))(
    "%s answers a dry run as the real one, and changes nothing",
    async (operationId, prepare) => {
      const operation = contract.operations.find((one) => one.operationId === operationId);
      await triedOut(String(operation?.method), prepare);
    },
    LONG_TEST_MS,
  );

  test.each(Object.entries(publicCalls))(
    "%s of the public data API likewise",
    (name, prepare) => triedOut(String(name.split(" ")[0]), prepare),
    LONG_TEST_MS,
  );
});

describe("a dry run", () => {
  test("is refused what the real one is refused, in the same words", async () => {
    for (const [method, path, json] of [
      ["PUT", "/api/v1/trainings/1", { name: 7 }],
      ["POST", "/api/v1/receivers", { name: "r" }],
      ["DELETE", "/api/v1/receivers/01a20040-0000-7000-8000-000000000000", undefined],
      ["PUT", "/api/v1/nonesuch/1", {}],
    ] as const) {
      const sent = { method, ...(json !== undefined && { json }) };
      const dry = await demo().api(path, { ...sent, headers: { "dry-run": "true" } });
      const real = await demo().api(path, sent);
      const told = async (response: Response) => {
        const { instance: _, ...rest } = JSON.parse(await response.text()) as Record<string, unknown>;
        return { status: response.status, rest };
      };
      expect(dry.headers.get("dry-run")).toBe("true");
      expect(await told(dry)).toEqual(await told(real));
    }
  });

  test("may be asked for by another name of the YAML, and by no other word than true", async () => {
    const itcare = await demo().put("/api/v1/trainings/901", { name: "x" }, { "ITCare-DryRun": "true" });
    expect([itcare.status, itcare.headers.get("itcare-dryrun")]).toEqual([201, "true"]);
    expect((await demo().get("/api/v1/trainings/901")).status).toBe(404);
    const unclear = await demo().put("/api/v1/trainings/901", { name: "x" }, { "dry-run": "yes" });
    expect(unclear.status).toBe(400);
    expect((await demo().get("/api/v1/trainings/901")).status).toBe(404);
    const real = await demo().put("/api/v1/trainings/901", { name: "x" }, { "dry-run": "false" });
    expect([real.status, real.headers.get("dry-run")]).toEqual([201, null]);
    expect((await demo().get("/api/v1/trainings/901")).status).toBe(200);
  });

  test("without a login is refused, and the refusal is in the audit log", async () => {
    const path = "/api/v1/trainings/902";
    const headers = { "dry-run": "true", authorization: `Bearer ${demo().token}x` };
    expect((await fetch(koppla.url + path, { method: "DELETE", headers })).status).toBe(401);
    const partner = await koppla.partner("dry-limited", ["trainings:read"]);
    expect((await partner.api(path, { method: "DELETE", headers: { "dry-run": "true" } })).status).toBe(403);
  });

  test("beside real pushes takes nothing from them: each is stored and told, and nothing else", async () => {
    const partner = await koppla.partner("dry-beside");
    const there = new TestReceiver();
    try {
      await createReceiver(partner, there.url("/beside"), { bundle: { quiet: "20ms" } });
      const pushes = Array.from({ length: 400 }, (_, n) => {
        const headers: Record<string, string> = n % 4 === 3 ? { "dry-run": "true" } : {};
        return partner.put(`/api/v1/trainings/${n}`, { name: `n${n}` }, headers);
      });
      for (const response of await Promise.all(pushes)) expect(response.status).toBe(201);
      const wanted = Array.from({ length: 400 }, (_, n) => n).filter((n) => n % 4 !== 3);
      const told = await eventually("all have arrived", async () => {
        const bundles = there.requests.map(({ body }) => JSON.parse(body) as { changes: { id: number }[] });
        const ids = new Set(bundles.flatMap(({ changes }) => changes.map(({ id }) => id)));
        return ids.size >= wanted.length ? [...ids] : undefined;
      });
      expect(told.toSorted((a, b) => a - b)).toEqual(wanted);
      for (const n of [0, 1, 2, 3, 396, 399]) {
        const { status } = await partner.get(`/api/v1/trainings/${n}`);
        expect([n, status]).toEqual([n, n % 4 === 3 ? 404 : 200]);
      }
    } finally {
      await there.stop();
    }
  });
});
