/** Login keys: what a mail lets its reader in with, through the pages as they are, under a clock of the test's. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { shellEditor } from "../../src/accounts/editor.ts";
import type { Organisation } from "../../src/accounts/principal.ts";
import { NOBODY, shell } from "../../src/audit/entry.ts";
import { ManualClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { listMails, MailLogRetention } from "../../src/mail/log.ts";
import { MailFault, Outbox } from "../../src/mail/outbox.ts";
import type { MailRow } from "../../src/mail/queries.ts";
import { loginKeyRetention } from "../../src/publicapi/people/login-keys.ts";
import { PasswordPages } from "../../src/publicapi/people/password-pages.ts";
import { type Asked, Registrations } from "../../src/publicapi/people/registration.ts";
import { openServices, type Services } from "../../src/services.ts";
import { Quota } from "../../src/throttle/quota.ts";
import { type Argon2, PasswordGate } from "../../src/passwords/gate.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const MINUTE = 60_000;
const PUBLIC_URL = "http://koppla.test";
const BACK = "https://www.partner.example/welcome";
const PASSWORD = "correct horse battery";
const asked: Asked = {
  email: "anna@example.org",
  name: "Anna Berg",
  returnUrl: `${BACK}?a=1`,
  language: "sv",
};

/** argon2 is as good as its arguments here. */
const argon2: Argon2 = {
  hash: async (password) => `$argon2id$${password}`,
  verify: async (password, hash) => hash === `$argon2id$${password}`,
};

describe.each(databases)("a login key on %s", (kind) => {
  let folder: string;
  let database: TestDatabase;
  let clock: ManualClock;
  let services: Services;
  let outbox: Outbox;
  let registrations: Registrations;
  let pages: PasswordPages;
  let demo: Organisation;
  let tenants = 0;
  /** What the mail server does with the next mails, instead of taking them. */
  let faults: (() => Error)[] = [];
  const sent: MailRow[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "koppla-keys-"));
    database = await makeDatabase(kind);
    const { options } = database;
    const url = options.kind === "sqlite" ? `sqlite:${options.path}` : options.url;
    writeFileSync(
      join(folder, "koppla.yaml"),
      JSON.stringify({
        database: { url },
        secrets: { key_file: join(folder, "key") },
        roles: { member: { grants: [{ resource: "*", actions: ["read"] }] } },
      }),
    );
    clock = new ManualClock();
    services = await openServices(await loadConfig(join(folder, "koppla.yaml"), {}), clock);
    const { store } = services;
    outbox = new Outbox({
      ...{ store, clock },
      deliver: async (mail) => {
        const fault = faults.shift();
        if (fault) throw fault();
        sent.push(mail);
      },
    });
    const shared = { ...services, clock, publicUrl: PUBLIC_URL, keys: services.loginKeys };
    registrations = new Registrations({
      ...{ ...shared, outbox, quota: new Quota({ clock }), templates: {} },
      limits: { address: 3, ip: 100, organisation: 200 },
    });
    pages = new PasswordPages({
      ...{ ...shared, registrations, gate: new PasswordGate({ argon2 }), userRoles: ["member"] },
      limits: { body: 10_000, requestTimeout: 5_000 },
    });
    outbox.start({ info: () => {}, warn: () => {}, error: () => {} });
  });
  afterAll(async () => {
    await outbox.stop();
    await services.close();
    await database.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    sent.length = 0;
    faults = [];
    // What one test has failed and mailed is not the next one's.
    clock.advance(3 * 60 * MINUTE);
    const code = `tenant-${++tenants}`;
    demo = await services.organisations.create({ code, name: "Demo", return_urls: [BACK] });
  });

  const by = () => ({ ...shell(demo.id), origin: { address: "192.0.2.9", requestId: null } });
  const ask = (more: Partial<Asked> = {}) => registrations.ask(demo, by(), { ...asked, ...more });
  const until = async (condition: () => boolean | Promise<boolean>) => {
    for (const end = performance.now() + 4_000; !(await condition()); await Bun.sleep(1))
      if (performance.now() > end) throw new Error(`it did not come about: ${String(condition)}`);
  };
  /** Asks, and gives the mail and the keys in it. */
  const mailed = async (more: Partial<Asked> = {}) => {
    const before = sent.length;
    await ask(more);
    await until(() => sent.length > before);
    const mail = sent.at(-1);
    if (!mail) throw new Error("no mail");
    return { mail, keys: [...mail.body.matchAll(/key=(klk_\w+)/g)].map(([, key = ""]) => key) };
  };
  const keyFor = async (more: Partial<Asked> = {}) => {
    const { keys, mail } = await mailed(more);
    if (keys.length !== 1) throw new Error(`${keys.length} keys: ${mail.body}`);
    return keys[0] ?? "";
  };
  const open = async (key: string, method = "GET") => {
    const url = `${PUBLIC_URL}/account/password?key=${encodeURIComponent(key)}`;
    return await pages.show(new Request(url, { method }));
  };
  const send = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    pages.submit(
      new Request(`${PUBLIC_URL}/account/password`, {
        ...{ method: "POST", body: new URLSearchParams(fields) },
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      }),
    );
  const set = (key: string, password = PASSWORD) =>
    send({ step: "password", key, password, repeat: password });
  const people = async () => (await services.users.list(demo.id, { limit: 50 })).items;
  const make = async (body: Record<string, unknown>) => {
    const given = { username: "anna", email: "anna@example.org", ...body };
    return (await services.users.create(shellEditor(demo.id), given)).user;
  };
  const hashOf = async (id: string) =>
    await services.store.read(async (reader) => {
      const rows = await reader.query(({ db, t }) =>
        db.select({ id: t.users.id, hash: t.users.passwordHash }).from(t.users),
      );
      return rows.find((row) => row.id === id)?.hash;
    });

  const denials = async (organisationId: number): Promise<unknown[]> =>
    await services.store.read(async (reader) => {
      const rows = await reader.query(({ db, t }) => db.select().from(t.auditEvents));
      return rows
        .filter((row) => row.organisationId === organisationId && row.action === "login_key.use")
        .map(({ detail }) => JSON.parse(detail));
    });

  test("makes an account of who is not known, verified, with the roles of the YAML, and sends back", async () => {
    const { mail, keys } = await mailed();
    expect(mail.recipient).toBe("anna@example.org");
    expect(mail.subject).toBe("Ditt konto hos Demo");
    expect(mail.body).toContain("Hej Anna Berg!");
    expect(await people()).toEqual([]);
    const answer = await set(keys[0] ?? "");
    expect(answer.status).toBe(303);
    const [anna] = await people();
    expect(anna).toMatchObject({
      ...{ username: "anna@example.org", email: "anna@example.org", name: "Anna Berg" },
      ...{ roles: ["member"], enabled: true, email_verified_at: new Date(clock.now()).toISOString() },
    });
    expect(answer.headers.get("location")).toBe(`${BACK}?a=1&userKey=${anna?.id}`);
    expect(await hashOf(anna?.id ?? "")).toBe(`$argon2id$${PASSWORD}`);
  });

  test("stands in no table: neither in the mail that waits, nor in the log, nor as it is", async () => {
    faults = [() => new MailFault("EENVELOPE: 450 later", false)];
    await ask();
    await until(() => faults.length === 0);
    const tables = async () =>
      JSON.stringify(
        await services.store.read(async (reader) => [
          await reader.query(({ db, t }) => db.select().from(t.mails)),
          await reader.query(({ db, t }) => db.select().from(t.mailLog)),
          await reader.query(({ db, t }) => db.select().from(t.loginKeys)),
        ]),
      );
    expect(await tables()).not.toMatch(/klk_/);
    await until(
      async () => (await listMails(services.store, demo.id, { limit: 1 })).items[0]?.attempts === 1,
    );
    clock.advance(2 * MINUTE);
    await until(() => sent.length > 0);
    const [, key = ""] = /key=(klk_\w+)/.exec(sent[0]?.body ?? "") ?? [];
    expect(key).toHaveLength(51);
    expect(await tables()).not.toContain(key);
  });

  test("is the same length of time good whenever the mail goes out, and then no more", async () => {
    const key = await keyFor();
    clock.advance(30 * MINUTE - 1);
    expect((await open(key)).status).toBe(200);
    clock.advance(1);
    for (const answer of [await open(key), await set(key)]) {
      expect(answer.status).toBe(410);
      expect(await answer.text()).toContain("Länken är för gammal");
    }
    expect(await people()).toEqual([]);
  });

  test("that has expired brings another one to the same address, within the limits", async () => {
    const key = await keyFor();
    clock.advance(31 * MINUTE);
    for (const _ of [1, 2]) {
      const before = sent.length;
      const answer = await send({ step: "again", key });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain("anna@example.org");
      await until(() => sent.length > before);
    }
    expect(sent.map(({ recipient }) => recipient)).toEqual(Array(3).fill("anna@example.org"));
    expect((await send({ step: "again", key })).status).toBe(429);
    const [, latest = ""] = /key=(klk_\w+)/.exec(sent.at(-1)?.body ?? "") ?? [];
    expect((await set(latest)).status).toBe(303);
  });

  test("is good once", async () => {
    const key = await keyFor();
    expect((await set(key)).status).toBe(303);
    const again = await set(key, "another password, mine");
    expect(again.status).toBe(410);
    expect(await again.text()).toContain("redan använd");
    const [anna] = await people();
    expect(await hashOf(anna?.id ?? "")).toBe(`$argon2id$${PASSWORD}`);
  });

  test("of two in parallel is good for one", async () => {
    const key = await keyFor();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => set(key, `${PASSWORD} number ${index}`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 410, 410, 410, 410, 410]);
    expect(await people()).toHaveLength(1);
  });

  test("is not used up by who only looks: a scanner that opens every link", async () => {
    const key = await keyFor();
    for (const method of ["GET", "HEAD", "GET"]) expect((await open(key, method)).status).toBe(200);
    expect((await set(key)).status).toBe(303);
  });

  test("that is guessed is told nothing, and slows down who guesses", async () => {
    const key = await keyFor();
    const guess = `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`;
    for (const one of [guess, "klk_", "", "' or 1=1 --", "\0"]) expect((await open(one)).status).toBe(404);
    expect((await set(guess)).status).toBe(404);
    expect((await open(guess)).status).toBe(429);
    clock.advance(2_000);
    expect((await set(key)).status).toBe(303);
  });

  test("that does not let its bearer in is in the audit log, without the key", async () => {
    const key = await keyFor();
    const before = (await denials(NOBODY)).length;
    await open(`klk_${"0".repeat(key.length - 4)}`);
    expect((await denials(NOBODY)).slice(before)).toEqual([{ reason: "unknown" }]);
    expect((await set(key)).status).toBe(303);
    // Who only opens a link again tries nothing.
    expect((await open(key)).status).toBe(410);
    expect(await denials(demo.id)).toEqual([]);
    expect((await set(key, "another password, mine")).status).toBe(410);
    expect(await denials(demo.id)).toEqual([{ reason: "used" }]);
  });

  test("ends the others that were mailed to the same person", async () => {
    const [first, second] = [await keyFor(), await keyFor()];
    expect((await set(second)).status).toBe(303);
    expect((await set(first, "another password, mine")).status).toBe(410);
    expect(await people()).toHaveLength(1);
  });

  test("in a body that another site sent is refused", async () => {
    const key = await keyFor();
    const fields = { step: "password", key, password: PASSWORD, repeat: PASSWORD };
    await expect(send(fields, { "sec-fetch-site": "cross-site" })).rejects.toThrow("another site");
    expect(await people()).toEqual([]);
  });

  test("stays good when the password will not do", async () => {
    const key = await keyFor();
    const wrong: [Record<string, string>, string][] = [
      [{ password: "short", repeat: "short" }, "minst 12 tecken"],
      [{ password: PASSWORD, repeat: `${PASSWORD}!` }, "inte lika"],
      [{ password: "aaaaaaaaaaaaaaa", repeat: "aaaaaaaaaaaaaaa" }, "Välj ett annat"],
      [{ password: "Anna@example.org", repeat: "Anna@example.org" }, "Välj ett annat"],
    ];
    for (const [fields, told] of wrong) {
      const answer = await send({ step: "password", key, ...fields });
      expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining(told)]);
    }
    expect((await set(key)).status).toBe(303);
  });

  describe("of somebody who is known", () => {
    test("sets a new password; the name stays, whatever the form said", async () => {
      const { id } = await make({ name: "Anna", password: "what it was before" });
      const { mail, keys } = await mailed({ name: "Buy cheap things" });
      expect(mail.subject).toBe("Din inloggning hos Demo");
      expect(mail.body).toContain("Hej Anna!");
      expect(mail.body).toContain("Användarnamn: anna\n");
      expect((await set(keys[0] ?? "")).headers.get("location")).toEndWith(`userKey=${id}`);
      expect(await people()).toMatchObject([{ id, name: "Anna", username: "anna" }]);
    });

    test("kills the password, sessions and tokens that somebody had planted before the address was verified", async () => {
      const planted = "known to the attacker";
      const { id } = await make({ password: planted, roles: ["member"] });
      const session = await services.store.write((tx) =>
        services.sessions.start(tx, { userId: id, organisationId: demo.id }),
      );
      expect(await services.sessions.use(session)).toMatchObject({ userId: id });
      expect((await set(await keyFor())).status).toBe(303);
      expect(await hashOf(id)).toBe(`$argon2id$${PASSWORD}`);
      expect(await services.sessions.use(session)).toBeUndefined();
      expect((await people())[0]?.email_verified_at).not.toBeNull();
    });

    test("made for nobody yet, is for who was made meanwhile: no second account, no planted password", async () => {
      const key = await keyFor();
      const { id } = await make({ password: "known to the attacker" });
      expect((await set(key)).headers.get("location")).toEndWith(`userKey=${id}`);
      expect(await people()).toHaveLength(1);
      expect(await hashOf(id)).toBe(`$argon2id$${PASSWORD}`);
    });

    test("who is disabled sets nothing, also when that happened after the mail", async () => {
      const { id } = await make({ password: "what it was before" });
      const before = await hashOf(id);
      const key = await keyFor();
      await services.users.disable(shellEditor(demo.id), id);
      for (const answer of [await open(key), await set(key)]) expect(answer.status).toBe(403);
      expect(before).toStartWith("$argon2id$");
      expect(await hashOf(id)).toBe(before);
      expect((await people())[0]?.enabled).toBe(false);
      const { mail, keys } = await mailed();
      expect(keys).toEqual([]);
      expect(mail.subject).toBe("Ditt konto hos Demo");
    });

    test("who is deleted sets nothing", async () => {
      const { id } = await make({});
      const key = await keyFor();
      await services.users.remove(shellEditor(demo.id), id);
      expect((await set(key)).status).toBe(403);
    });

    test("and manages people gets none: an administrator's password does not hang on a mailbox", async () => {
      await make({ roles: ["administrator"] });
      expect((await mailed()).keys).toEqual([]);
    });

    test("whose address has changed since sets nothing by a mail to the old one", async () => {
      const { id } = await make({});
      const key = await keyFor();
      await services.users.patch(shellEditor(demo.id), id, { email: "new@example.org" });
      expect((await set(key)).status).toBe(403);
    });

    test("is mailed to the address as it is stored, not to one that only looks the same", async () => {
      await make({ email: "mike@example.org", username: "mike" });
      // The Kelvin sign, which is a k in lower case.
      const { mail } = await mailed({ email: "mi\u212ae@example.org" });
      expect(mail.recipient).toBe("mike@example.org");
    });

    test("with others at one address gets a link of his own", async () => {
      const anna = await make({});
      const bo = await make({ username: "bo" });
      const { keys } = await mailed();
      expect(keys).toHaveLength(2);
      expect((await set(keys[1] ?? "")).headers.get("location")).toEndWith(`userKey=${bo.id}`);
      expect((await set(keys[0] ?? "", "another password, mine")).headers.get("location")).toEndWith(
        `userKey=${anna.id}`,
      );
    });
  });

  test("does nothing in another organisation", async () => {
    const theirs = await services.organisations.create({ code: `other-${tenants}`, name: "Other" });
    const editor = shellEditor(theirs.id);
    await services.users.create(editor, { username: "anna", email: "anna@example.org", password: PASSWORD });
    const { mail } = await mailed();
    // Known there, not here.
    expect(mail.subject).toBe("Ditt konto hos Demo");
  });

  test("sends back only while the organisation allows the address", async () => {
    const key = await keyFor();
    await services.organisations.patch(shell(demo.id), { return_urls: [] });
    const answer = await set(key);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("Ditt lösenord är sparat");
  });

  test("is forgotten, with the address in it, a week after it has ended", async () => {
    const key = await keyFor();
    const rounds = loginKeyRetention({ ...services, clock, log: { error: () => {} } });
    rounds.start();
    clock.advance(7 * 24 * 60 * MINUTE);
    await rounds.settled();
    expect((await open(key)).status).toBe(410);
    clock.advance(2 * 60 * MINUTE);
    await rounds.settled();
    expect((await open(key)).status).toBe(404);
    await rounds.stop();
  });

  test("mails carry nothing that a form has put into a name", async () => {
    for (const name of [
      "Anna http://evil.example",
      "evil.example",
      "<b>Anna</b>",
      "x".repeat(90),
      "1000 kr!",
    ]) {
      const { mail } = await mailed({ name, email: `${Bun.hash(name).toString(36)}@example.org` });
      expect(mail.body).toStartWith("Hej!\n");
      expect(mail.body).not.toContain("evil");
    }
  });

  test("mails are in the log, with their status and without what they said", async () => {
    await mailed();
    faults = [() => new MailFault("EENVELOPE: 550 No such user", false)];
    await ask({ email: "nobody@example.org" });
    await until(async () => (await list("queued"))[0]?.attempts === 1);
    expect(await list("queued")).toMatchObject([
      {
        recipient: "nobody@example.org",
        error: "EENVELOPE: 550 No such user",
        ended_at: null,
        kind: "account",
      },
    ]);
    await until(async () => (await list("sent")).length === 1);
    expect(await list("sent")).toMatchObject([
      { recipient: "anna@example.org", subject: "Ditt konto hos Demo", attempts: 1, error: null },
    ]);
    expect(await list(undefined)).toHaveLength(2);
    expect(await list("failed")).toEqual([]);
    for (let hours = 0; hours < 80; hours += 3) {
      faults = [() => new MailFault("EENVELOPE: 550 No such user", false)];
      clock.advance(3 * 60 * MINUTE);
      await until(async () => faults.length === 0 || (await list("failed")).length > 0);
      await until(async () => (await list("queued"))[0]?.error !== null);
      if ((await list("failed")).length > 0) break;
    }
    expect(await list("failed")).toMatchObject([{ recipient: "nobody@example.org" }]);
    const page = await listMails(services.store, demo.id, { limit: 1 });
    const next = await listMails(services.store, demo.id, { limit: 1, cursor: page.next_cursor ?? "" });
    expect([...page.items, ...next.items].map(({ recipient }) => recipient)).toEqual([
      "nobody@example.org",
      "anna@example.org",
    ]);
    const retention = new MailLogRetention({
      ...{ store: services.store, clock, log: { error: () => {} } },
      retention: 90 * 24 * 60 * MINUTE,
    });
    clock.advance(91 * 24 * 60 * MINUTE);
    retention.start();
    await until(async () => (await list(undefined)).length === 0);
    await retention.stop();
  });

  const list = async (status: "queued" | "sent" | "failed" | undefined) =>
    (await listMails(services.store, demo.id, { limit: 10, status })).items;
});
