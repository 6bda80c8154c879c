/** The account portal: what a partner sees and does by a link, what it does not, and how the link ends. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { ConsoleBrowser, COOKIE, type SessionJson, tokenOf } from "./console.ts";
import { Contract } from "./contract.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { makeUser } from "./person.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { deliveryWith } from "./wire.ts";

interface LinkJson {
  id: string;
  label: string;
  url: string;
  created_by: string;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}

let koppla: Koppla;
let contract: Contract;
let sink: TestReceiver;
/** A partner of `demo`, and another one. */
let partner: Partner;
let rival: Partner;
let own: { receiver: string; delivery: string };
let others: { receiver: string; delivery: string };

beforeAll(async () => {
  sink = new TestReceiver();
  koppla = await startKoppla();
  contract = new Contract(JSON.parse(await (await fetch(`${koppla.url}/openapi.json`)).text()));
  partner = await koppla.account("demo", ["trainings:read", "receivers:manage", "deliveries:write"]);
  rival = await koppla.account("demo", ["trainings:read", "receivers:manage", "deliveries:write"]);
  const made = async (of: Partner, path: string) => {
    const { id: receiver } = await createReceiver(of, sink.url(path), { topics: ["Trainings.*"] });
    return { receiver, path };
  };
  const [mine, theirs] = [await made(partner, "/own"), await made(rival, "/rival")];
  await put(koppla.demo, "trainings/1", { name: "Svetsning" });
  const delivered = async ({ receiver, path }: { receiver: string; path: string }) => {
    const { id: delivery } = await sink.nth(1, path);
    await deliveryWith(koppla.demo, delivery, "delivered");
    return { receiver, delivery };
  };
  [own, others] = [await delivered(mine), await delivered(theirs)];
}, LONG_TEST_MS);
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

const linksOf = (of: Partner) => `/api/v1/accounts/${of.clientId}/portal-links`;
const handOut = (body: Record<string, unknown> = {}, of = partner) =>
  koppla.demo.send<LinkJson>("POST", linksOf(of), body, 201);
const enter = (token: string, browser = new ConsoleBrowser(koppla)) =>
  browser.call("POST", "/api/v1/session/portal", { token });

/** A browser in the portal. */
async function inside(link?: LinkJson): Promise<ConsoleBrowser> {
  const browser = new ConsoleBrowser(koppla);
  const response = await enter(tokenOf((link ?? (await handOut())).url), browser);
  if (response.status !== 200) throw new Error(`portal: ${response.status} ${await response.text()}`);
  return browser;
}

describe("a link", () => {
  test("is told once, with its token where browsers send it to nobody", async () => {
    const link = await handOut({ label: "Anna", expires_in: "2d" });
    expect(link).toEqual({
      ...{ id: expect.any(String), label: "Anna", created_by: `account:${koppla.demo.clientId}` },
      ...{ created_at: expect.any(String), expires_at: expect.any(String), last_used_at: null },
      url: expect.stringMatching(/^https:\/\/[^/]+\/console\/portal#[\w-]{43}$/),
    });
    expect(Date.parse(link.expires_at) - Date.parse(link.created_at)).toBe(2 * 86_400_000);
    const listed = await koppla.demo.read<{ items: LinkJson[] }>(linksOf(partner));
    const { url, ...shown } = link;
    expect(listed.items).toContainEqual(shown as LinkJson);
    expect(JSON.stringify(listed)).not.toContain(tokenOf(url));
    expect(koppla.log.text()).not.toContain(tokenOf(url));
    const audit = await koppla.demo.read<object>("/api/v1/audit?limit=50");
    expect(JSON.stringify(audit)).not.toContain(tokenOf(url));
  });

  test("is good for at most ninety days, and seven where nothing is said", async () => {
    const link = await handOut();
    expect(Date.parse(link.expires_at) - Date.parse(link.created_at)).toBe(7 * 86_400_000);
    for (const body of [
      { expires_in: "91d" },
      { expires_in: "0s" },
      { expires_in: 7 },
      { label: 7 },
      { url: "x" },
    ])
      expect([body, (await koppla.demo.post(linksOf(partner), body)).status]).toEqual([body, 422]);
  });

  test("is handed out by who may manage the account, and has what it has", async () => {
    const weak = await koppla.account("demo", ["accounts:manage"]);
    expect((await partner.post(linksOf(partner), {})).status).toBe(403);
    expect((await partner.get(linksOf(partner))).status).toBe(403);
    expect((await weak.post(linksOf(partner), {})).status).toBe(403);
    const foreign = await koppla.partner("stranger");
    expect((await foreign.post(linksOf(partner), {})).status).toBe(404);
    const { id } = await handOut();
    expect((await foreign.delete(`${linksOf(partner)}/${id}`)).status).toBe(404);
    expect((await koppla.demo.delete(`${linksOf(rival)}/${id}`)).status).toBe(404);
  });

  test("that was changed in any letter is no link", async () => {
    const token = tokenOf((await handOut()).url);
    const last = token.endsWith("A") ? "B" : "A";
    const tampered = [
      "",
      "x",
      token.slice(1),
      `${token}A`,
      token.slice(0, -1) + last,
      token.toLowerCase(),
      `${token} `,
    ];
    for (const one of [...tampered, `${token}\0`, "å".repeat(43)]) {
      const response = await enter(one);
      expect([one, response.status, response.headers.getSetCookie()]).toEqual([one, 401, []]);
    }
    expect((await enter(token)).status).toBe(200);
  });

  test("ends when it is taken back, and everybody who is in by it is out at once", async () => {
    const link = await handOut();
    const other = await inside(await handOut());
    const browser = await inside(link);
    expect((await browser.call("GET", "/api/v1/receivers")).status).toBe(200);
    const path = `${linksOf(partner)}/${link.id}`;
    expect((await koppla.demo.delete(path)).status).toBe(204);
    expect((await browser.call("GET", "/api/v1/receivers")).status).toBe(401);
    expect((await enter(tokenOf(link.url))).status).toBe(401);
    expect((await koppla.demo.delete(path)).status).toBe(404);
    expect((await other.call("GET", "/api/v1/receivers")).status).toBe(200);
  });

  test("ends when its time is over, with its sessions", async () => {
    const link = await handOut({ expires_in: "1500ms" });
    const browser = await inside(link);
    const session = await browser.json<SessionJson>("GET", "/api/v1/session");
    expect(session.expires_at).toBe(link.expires_at);
    await Bun.sleep(Math.max(0, Date.parse(link.expires_at) - Date.now()) + 5);
    expect((await browser.call("GET", "/api/v1/receivers")).status).toBe(401);
    expect((await enter(tokenOf(link.url))).status).toBe(401);
    const { items } = await koppla.demo.read<{ items: LinkJson[] }>(linksOf(partner));
    expect(items.map(({ id }) => id)).not.toContain(link.id);
  });

  test("is good for nothing while the account is disabled", async () => {
    const account = await koppla.account("demo", ["trainings:read"]);
    const link = await handOut({}, account);
    const browser = await inside(link);
    await koppla.demo.send("POST", `/api/v1/accounts/${account.clientId}/disable`, {}, 200);
    expect((await browser.call("GET", "/api/v1/receivers")).status).toBe(401);
    expect((await enter(tokenOf(link.url))).status).toBe(401);
    await koppla.demo.send("POST", `/api/v1/accounts/${account.clientId}/enable`, {}, 200);
    expect((await browser.call("GET", "/api/v1/receivers")).status).toBe(200);
  });

  test.skipIf(onPostgres)("stands nowhere in the database", async () => {
    const link = await handOut();
    const browser = await inside(link);
    const db = new Database(join(koppla.dir, "data/koppla.db"), { readonly: true });
    try {
      const tables = ["portal_links", "portal_sessions", "sessions", "audit_events"];
      const rows = tables.flatMap((table) => db.query(`select * from ${table}`).all());
      expect(JSON.stringify(rows)).toContain(link.id);
      for (const secret of [tokenOf(link.url), browser.value])
        expect(JSON.stringify(rows)).not.toContain(secret);
    } finally {
      db.close();
    }
  });
});

describe("in the portal a partner", () => {
  test("is told whose it is, and enters with a cookie of its own", async () => {
    const browser = new ConsoleBrowser(koppla);
    browser.cookie = `${COOKIE}=${"A".repeat(43)}`;
    const response = await enter(tokenOf((await handOut()).url), browser);
    expect(
      await contract.faults(contract.operation("createPortalSession"), response.clone() as Response),
    ).toEqual([]);
    expect(browser.value).not.toBe("A".repeat(43));
    const session = (await response.json()) as SessionJson;
    expect(session).toMatchObject({
      ...{ kind: "portal", user: null, account: { client_id: partner.clientId }, superadministrator: false },
      ...{ organisation: { code: "demo" }, organisations: [{ code: "demo" }] },
      grants: [
        { resource: "receivers", actions: ["read", "write", "manage"] },
        { resource: "deliveries", actions: ["read", "write"] },
      ],
    });
    expect(await browser.json<SessionJson>("GET", "/api/v1/session")).toEqual(session);
    expect((await browser.call("DELETE", "/api/v1/session")).status).toBe(204);
  });

  test("sees its own receivers and their log, and of others not that they are there", async () => {
    const browser = await inside();
    const ids = async (path: string) =>
      (await browser.json<{ items: { id: string }[] }>("GET", path)).items.map(({ id }) => id);
    expect(await ids("/api/v1/receivers")).toContain(own.receiver);
    for (const path of ["/api/v1/receivers", "/api/v1/receivers?include=deleted"])
      expect(await ids(path)).not.toContain(others.receiver);
    for (const path of [
      "/api/v1/deliveries",
      "/api/v1/deliveries?status_code=204",
      "/api/v1/deliveries?topic=Trainings.*",
    ]) {
      expect(await ids(path)).toContain(own.delivery);
      expect(await ids(path)).not.toContain(others.delivery);
    }
    expect(await ids(`/api/v1/deliveries?receiver=${others.receiver}`)).toEqual([]);
    const stream = await browser.call("GET", "/api/v1/deliveries", undefined, {
      accept: "application/x-ndjson",
    });
    const text = await stream.text();
    expect(text).toContain(own.delivery);
    expect(text).not.toContain(others.delivery);
    expect((await browser.call("GET", `/api/v1/deliveries/${own.delivery}`)).status).toBe(200);
    expect((await browser.call("GET", `/api/v1/receivers/${own.receiver}`)).status).toBe(200);
    expect((await browser.call("GET", "/api/v1/receivers/options")).status).toBe(200);
  });

  test("changes nothing of another's: each such call says that it is not there", async () => {
    const browser = await inside();
    const receiver = `/api/v1/receivers/${others.receiver}`;
    const since = "2020-01-01T00:00:00Z";
    for (const [method, path, body] of [
      ["GET", receiver, undefined],
      ["GET", `${receiver}?include=deleted`, undefined],
      ["GET", `${receiver}/public-key`, undefined],
      ["PATCH", receiver, { url: sink.url("/stolen") }],
      ["PATCH", receiver, { nonsense: 1 }],
      ["DELETE", receiver, undefined],
      ["POST", `${receiver}/enable`, undefined],
      ["POST", `${receiver}/disable`, undefined],
      ["POST", `${receiver}/test`, undefined],
      ["POST", `${receiver}/rotate-secret`, {}],
      ["POST", `${receiver}/recover`, { since }],
      ["GET", `/api/v1/deliveries/${others.delivery}`, undefined],
      ["POST", `/api/v1/deliveries/${others.delivery}/resend`, undefined],
      ["POST", "/api/v1/deliveries/resend", { receiver: others.receiver }],
    ] as const) {
      const { status } = await browser.call(method, path, body);
      expect([method, path, status]).toEqual([method, path, 404]);
    }
    const all = await browser.call("POST", "/api/v1/deliveries/resend", { since });
    expect(all.status).toBe(422);
    const own2 = { name: "n", url: sink.url("/stolen"), topics: ["*"], account_id: rival.clientId };
    expect((await browser.call("POST", "/api/v1/receivers", own2)).status).toBe(403);
    const moved = await browser.call("PATCH", `/api/v1/receivers/${own.receiver}`, {
      account_id: rival.clientId,
    });
    expect(moved.status).toBe(403);
    expect(sink.requests.filter(({ path }) => path === "/stolen")).toEqual([]);
  });

  test("gets nowhere else", async () => {
    const browser = await inside();
    const paths =
      "accounts users audit organisations trainings changes overview system system/settings publications mails " +
      "operations schedules actions types webmessages";
    for (const path of paths.split(" ")) {
      const { status } = await browser.call("GET", `/api/v1/${path}`);
      expect([path, status]).toEqual([path, 403]);
    }
    for (const path of [
      "webmessages/recipients/1",
      "api/v1/trainings/1",
      `api/v1/accounts/${partner.clientId}`,
      "api/v1/changes/stream",
    ])
      expect([path, (await browser.call("GET", `/${path}`)).status]).toEqual([path, 403]);
    const put1 = await browser.call("PUT", "/api/v1/trainings/1", { name: "Mine" });
    expect(put1.status).toBe(403);
    expect((await browser.call("POST", linksOf(partner), {})).status).toBe(403);
    for (const [method, path] of [
      ["PUT", "password"],
      ["POST", "totp"],
      ["DELETE", "totp"],
    ] as const) {
      const { status } = await browser.call(method, `/api/v1/session/${path}`, { password: "x" });
      expect([path, status]).toEqual([path, 403]);
    }
    const elsewhere = { "koppla-organisation": "stranger" };
    expect((await browser.call("GET", "/api/v1/receivers", undefined, elsewhere)).status).toBe(403);
  });

  test("manages its own, under the account's name, and the audit log knows by which link", async () => {
    const link = await handOut();
    const browser = await inside(link);
    const body = { name: "By the portal", url: sink.url("/portal"), topics: ["Trainings.*"] };
    const made = await browser.json<{ id: string; secret: string }>("POST", "/api/v1/receivers", body, 201);
    expect(made.secret).toStartWith("whsec_");
    const path = `/api/v1/receivers/${made.id}`;
    expect((await browser.call("PATCH", path, { name: "Renamed" })).status).toBe(200);
    expect((await browser.call("POST", `${path}/test`)).status).toBe(200);
    expect((await browser.call("POST", `${path}/rotate-secret`, {})).status).toBe(200);
    const recover = await browser.call("POST", `${path}/recover`, { since: "2020-01-01T00:00:00Z" });
    expect(recover.status).toBe(202);
    const { id: operation } = (await recover.json()) as { id: string };
    expect((await browser.call("GET", `/api/v1/operations/${operation}?wait=10`)).status).toBe(200);
    expect((await browser.call("POST", `/api/v1/deliveries/${own.delivery}/resend`)).status).toBe(202);
    expect((await browser.call("POST", `${path}/disable`)).status).toBe(200);
    expect((await browser.call("DELETE", path)).status).toBe(204);
    const deleted = await browser.json<{ items: { id: string }[] }>(
      "GET",
      "/api/v1/receivers?include=deleted",
    );
    expect(deleted.items.map(({ id }) => id)).toContain(made.id);
    const log = await browser.json<{ items: unknown[] }>("GET", `/api/v1/deliveries?receiver=${made.id}`);
    expect(log.items.length).toBeGreaterThan(0);
    const { items } = await koppla.demo.read<{ items: object[] }>("/api/v1/audit?limit=100");
    expect(items).toContainEqual(
      expect.objectContaining({
        ...{
          action: "receiver.create",
          subject: `account:${partner.clientId}`,
          target: `receiver:${made.id}`,
        },
        detail: expect.objectContaining({ portal_link: link.id }),
      }),
    );
  });

  test("may not be sent there by another site, nor be made to change anything", async () => {
    const { url } = await handOut();
    const away = { "sec-fetch-site": "cross-site" };
    const forged = new ConsoleBrowser(koppla);
    const body = { token: tokenOf(url) };
    expect((await forged.call("POST", "/api/v1/session/portal", body, away)).status).toBe(403);
    expect(forged.cookie).toBe("");
    const browser = await inside();
    const path = `/api/v1/receivers/${own.receiver}/disable`;
    expect((await browser.call("POST", path, undefined, away)).status).toBe(401);
    expect((await browser.call("POST", path, undefined, { "x-koppla-console": null })).status).toBe(403);
  });

  test("who enters ends the login that the browser had", async () => {
    await makeUser(koppla, "demo", "portal-tester", "--role", "reader");
    const browser = new ConsoleBrowser(koppla);
    await browser.enter("demo", "portal-tester");
    const before = browser.cookie;
    expect((await enter(tokenOf((await handOut()).url), browser)).status).toBe(200);
    browser.cookie = before;
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(401);
  });

  test("pages through the log of all its receivers together, each delivery once, newest first", async () => {
    const many = await koppla.account("demo", ["trainings:read", "receivers:manage"]);
    const bundle = { quiet: "10ms", longest: "10ms" };
    const receivers = [];
    for (const path of ["/many1", "/many2", "/many3"])
      receivers.push(
        (await createReceiver(many, sink.url(path), { topics: ["Trainings.*"], bundle, start: "now" })).id,
      );
    const browser = await inside(await handOut({}, many));
    for (const id of receivers)
      for (let i = 0; i < 3; i++) await koppla.demo.send("POST", `/api/v1/receivers/${id}/test`, {}, 200);
    type Log = { items: { id: string; receiver_id: string }[]; next_cursor: string | null };
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Log = await browser.json<Log>(
        "GET",
        `/api/v1/deliveries?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen.length).toBeGreaterThanOrEqual(9);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });
});
