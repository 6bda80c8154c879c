import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { StoredGrant } from "../../db/schema.ts";
import { type Editor, editorOf, shellEditor } from "../../src/accounts/editor.ts";
import { Forbidden, type Principal } from "../../src/accounts/principal.ts";
import type { AccountService, CreatedAccount } from "../../src/accounts/service.ts";
import { NOWHERE } from "../../src/audit/entry.ts";
import { Problem } from "../../src/problem.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const EVERYTHING = [{ resource: "*", actions: ["*"] }];
const READING = [{ resource: "trainings", actions: ["read"] }];
const MINUTE = 60_000;

describe.each(databases)("accounts on %s", (kind) => {
  let rooms: Rooms;
  let accounts: AccountService;
  let by: Editor;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
    accounts = rooms.accounts;
  });
  afterAll(() => rooms.close());
  beforeEach(async () => {
    await rooms.renew();
    by = shellEditor(rooms.mine.id);
  });

  const make = (more: Record<string, unknown> = {}): Promise<CreatedAccount> =>
    accounts.createFrom({ name: "ERP", grants: READING, ...more }, by);

  /** An editor with a login of its own, which may do `grants`. */
  const editorWith = async (grants: StoredGrant[]): Promise<{ editor: Editor; account: CreatedAccount }> => {
    const account = await make({ grants });
    return { account, editor: editorOf(await principalOf(account), NOWHERE) };
  };

  async function principalOf({ token }: CreatedAccount): Promise<Principal> {
    const principal = await accounts.authenticate(token);
    if (!principal) throw new Error("the account cannot log in");
    return principal;
  }

  const denialOf = async (token: string, address: string | null = null): Promise<string | undefined> => {
    const admitted = await accounts.admit(token, address);
    return "denied" in admitted ? admitted.denied : undefined;
  };

  const events = async (clientId: string) => {
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db
          .select({
            action: t.auditEvents.action,
            subject: t.auditEvents.subject,
            detail: t.auditEvents.detail,
          })
          .from(t.auditEvents)
          .where(eq(t.auditEvents.target, `account:${clientId}`))
          .orderBy(t.auditEvents.sequence),
      ),
    );
    return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as unknown }));
  };

  describe("one that is made", () => {
    test("is shown in full, and without what it alone was told", async () => {
      const made = await make({
        description: "Course data",
        totp: true,
        allowed_ips: ["192.0.2.7/32", "2001:DB8::/32"],
        expires_at: "2027-01-01T01:00:00+01:00",
        token: { kind: "jwt", life: "15m", audience: "https://erp.example" },
        dpop: true,
        redirect_uris: ["https://erp.example/callback"],
      });
      const shown = await accounts.get(rooms.mine.id, made.id);
      expect(shown).toEqual({
        id: made.id,
        client_id: made.clientId,
        name: "ERP",
        description: "Course data",
        grants: READING,
        totp: true,
        allowed_ips: ["192.0.2.7", "2001:db8::/32"],
        expires_at: "2027-01-01T00:00:00.000Z",
        token: { kind: "jwt", life: "15m", refresh: false, audience: "https://erp.example" },
        dpop: true,
        redirect_uris: ["https://erp.example/callback"],
        enabled: true,
        provisioned: false,
        created_at: "2026-01-01T00:00:00.000Z",
        modified_at: "2026-01-01T00:00:00.000Z",
        tokens: [
          {
            id: expect.any(String),
            label: "first",
            last_four: made.token.slice(-4),
            created_at: "2026-01-01T00:00:00.000Z",
            expires_at: null,
            last_used_at: null,
          },
        ],
      });
      expect(made.shown).toEqual(shown);
      expect(made.totp?.otpauthUri).toContain(made.totp?.secret ?? "nothing");
    });

    test("has settings that hold where nothing was said", async () => {
      const { id } = await make();
      expect(await accounts.get(rooms.mine.id, id)).toMatchObject({
        totp: false,
        allowed_ips: [],
        expires_at: null,
        token: { kind: "opaque", life: "60m", refresh: false },
        dpop: false,
        redirect_uris: [],
        enabled: true,
      });
    });

    test("is found by its client id as well", async () => {
      const { id, clientId } = await make();
      expect(await accounts.get(rooms.mine.id, clientId)).toMatchObject({ id });
    });

    test("is refused with everything that is wrong", async () => {
      const making = make({
        name: " ",
        grants: [{ resource: "traningar", actions: ["read"] }],
        allowed_ips: ["here"],
        expires_at: "soon",
        token: { kind: "paper", life: 60 },
        redirect_uris: ["https://erp.example/#there"],
        organisationId: 1,
      });
      const problem = await making.catch((error: unknown) => error);
      if (!(problem instanceof Problem)) throw new Error("it was made");
      expect(problem.code).toBe("invalid");
      const fields = problem.violations.map(({ field }) => field);
      expect(fields.sort()).toEqual([
        "allowed_ips[0]",
        "expires_at",
        "grants[0].resource",
        "name",
        "organisationId",
        "redirect_uris[0]",
        "token.kind",
        "token.life",
      ]);
    });
  });

  test("secrets are nowhere in the database as they are, and not in the audit log", async () => {
    const made = await make({ totp: true });
    const further = await accounts.credentials.addToken(by, made.id, { label: "next" });
    const reset = await accounts.credentials.setTotp(by, made.id);
    const traces = [made.token, further.token, made.totp?.secret ?? "", reset.secret].map((secret) => {
      expect(secret.length).toBeGreaterThan(20);
      return secret.slice(0, -4);
    });
    const tables = await rooms.store.read((reader) =>
      Promise.all([
        reader.query(({ db, t }) => db.select().from(t.accounts)),
        reader.query(({ db, t }) => db.select().from(t.accountTokens)),
        reader.query(({ db, t }) => db.select().from(t.auditEvents)),
      ]),
    );
    expect(JSON.stringify(tables)).toContain(made.id);
    for (const trace of traces) expect(JSON.stringify(tables)).not.toContain(trace);
    if (rooms.database.options.kind !== "sqlite") return;
    const folder = dirname(rooms.database.options.path);
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString("latin1"));
    expect(files.join("")).toContain(made.id);
    for (const trace of traces) expect(files.join("")).not.toContain(trace);
  });

  describe("a patch", () => {
    test("changes what it has and nothing else", async () => {
      const made = await make({ token: { kind: "jwt", audience: "https://erp.example" } });
      rooms.clock.advance(MINUTE);
      const patched = await accounts.patch(by, made.id, { token: { life: "5m" }, dpop: true });
      expect(patched).toEqual({
        ...made.shown,
        token: { kind: "jwt", life: "5m", refresh: false, audience: "https://erp.example" },
        dpop: true,
        modified_at: new Date(rooms.clock.now()).toISOString(),
      });
      expect(await accounts.patch(by, made.id, { token: { audience: null } })).toMatchObject({
        token: { kind: "jwt", life: "5m", refresh: false },
      });
      expect(await accounts.get(rooms.mine.id, made.id)).not.toHaveProperty("token.audience");
    });

    test("that is empty changes nothing, not even the time", async () => {
      const made = await make();
      rooms.clock.advance(MINUTE);
      expect(await accounts.patch(by, made.id, {})).toEqual(made.shown);
      expect(await events(made.clientId)).toHaveLength(1);
    });

    test("of several at the same time is not lost", async () => {
      const { id } = await make();
      const bodies = [{ name: "New" }, { dpop: true }, { description: "More" }, { token: { life: "5m" } }];
      await Promise.all(bodies.map((body) => accounts.patch(by, id, body)));
      expect(await accounts.get(rooms.mine.id, id)).toMatchObject({
        name: "New",
        dpop: true,
        description: "More",
        token: { life: "5m" },
      });
    });

    test("holds for tokens that are in use, at once, here and in other processes", async () => {
      const made = await make();
      const other = await rooms.otherServer();
      for (const service of [accounts, other.accounts])
        expect((await service.authenticate(made.token))?.grants).toEqual(READING);
      const grants = [{ resource: "institutes", actions: ["read"] }];
      await accounts.patch(by, made.id, { grants });
      expect((await accounts.authenticate(made.token))?.grants).toEqual(grants);
      await Bun.sleep(6); // another process notices within 5 ms (store.ts)
      expect((await other.accounts.authenticate(made.token))?.grants).toEqual(grants);
    });
  });

  describe("a login by API token", () => {
    test("is refused while the account is disabled, and when it was deleted", async () => {
      const { id, token } = await make();
      expect(await denialOf(token)).toBeUndefined();
      await accounts.disable(by, id);
      expect(await denialOf(token)).toBe("account disabled, deleted or expired");
      await accounts.enable(by, id);
      expect(await denialOf(token)).toBeUndefined();
      await accounts.remove(by, id);
      expect(await denialOf(token)).toBe("account disabled, deleted or expired");
    });

    test("is refused from the moment that the account or the token ends", async () => {
      const at = (ms: number) => new Date(rooms.clock.now() + ms).toISOString();
      const made = await make({ expires_at: at(2 * MINUTE) });
      const short = await accounts.credentials.addToken(by, made.id, { expires_at: at(MINUTE) });
      expect([await denialOf(made.token), await denialOf(short.token)]).toEqual([undefined, undefined]);
      rooms.clock.advance(MINUTE);
      expect(await denialOf(short.token)).toBe("token expired");
      expect(await denialOf(made.token)).toBeUndefined();
      rooms.clock.advance(MINUTE);
      expect(await denialOf(made.token)).toBe("account disabled, deleted or expired");
    });

    test("is refused where the account has TOTP: the token alone is no way in", async () => {
      const { id, token } = await make({ totp: true });
      expect(await denialOf(token)).toBe("code required");
      await accounts.credentials.removeTotp(by, id);
      expect(await denialOf(token)).toBeUndefined();
      await accounts.credentials.setTotp(by, id);
      expect(await denialOf(token)).toBe("code required");
    });

    test("is refused from addresses that the account or its organisation does not list", async () => {
      const { id, token } = await make({ allowed_ips: ["192.0.2.0/24", "2001:db8::/32"] });
      const inside = ["192.0.2.9", "::ffff:192.0.2.9", "2001:db8::9"];
      for (const address of inside) expect(await denialOf(token, address)).toBeUndefined();
      for (const address of ["192.0.3.9", "2001:db9::9", "::1", null])
        expect(await denialOf(token, address)).toBe("address not allowed");
      await rooms.organisations.patch(rooms.mine.by, { allowed_ips: ["192.0.2.8/31"] });
      expect(await denialOf(token, "192.0.2.9")).toBeUndefined();
      expect(await denialOf(token, "192.0.2.10")).toBe("address not allowed");
      await accounts.patch(by, id, { allowed_ips: [] });
      expect(await denialOf(token, "192.0.2.9")).toBeUndefined();
      expect(await denialOf(token, "198.51.100.1")).toBe("address not allowed");
    });

    test("asks where it comes from only where there is a list of addresses", async () => {
      let asked = 0;
      const address = () => {
        asked++;
        return "192.0.2.1";
      };
      const free = await make();
      const bound = await make({ allowed_ips: ["192.0.2.1"] });
      for (let i = 0; i < 2; i++) await accounts.admit(free.token, address);
      expect(asked).toBe(0);
      await accounts.admit(bound.token, address);
      expect(asked).toBe(1);
    });

    test("is good with each of several tokens, and refused with one that was revoked", async () => {
      const made = await make();
      const next = await accounts.credentials.addToken(by, made.clientId, { label: "2027" });
      expect([await denialOf(made.token), await denialOf(next.token)]).toEqual([undefined, undefined]);
      const [first] = await accounts.credentials.tokens(rooms.mine.id, made.id);
      await accounts.credentials.revokeToken(by, made.id, first?.id ?? "");
      expect([await denialOf(made.token), await denialOf(next.token)]).toEqual(["unknown token", undefined]);
      const left = await accounts.credentials.tokens(rooms.mine.id, made.id);
      expect(left).toMatchObject([{ label: "2027", last_four: next.token.slice(-4) }]);
    });

    test("is noted with its time, to the minute, without a write for each", async () => {
      const { id, token } = await make();
      const used = async () => (await accounts.credentials.tokens(rooms.mine.id, id))[0]?.last_used_at;
      const started = rooms.clock.now();
      await accounts.authenticate(token);
      expect(await used()).toBeNull();
      await accounts.close();
      expect(await used()).toBe(new Date(started).toISOString());
      rooms.clock.advance(MINUTE - 1);
      await accounts.authenticate(token);
      await accounts.close();
      expect(await used()).toBe(new Date(started).toISOString());
      rooms.clock.advance(1);
      await accounts.authenticate(token);
      await accounts.close();
      expect(await used()).toBe(new Date(started + MINUTE).toISOString());
    });
  });

  describe("a client's secret", () => {
    const verify = (clientId: string, secret: string) =>
      rooms.store.read((reader) => accounts.verifyClient(reader, clientId, secret));

    test("is right when it is one of the account's own tokens, whatever else speaks against it", async () => {
      const made = await make({ totp: true, allowed_ips: ["192.0.2.1"], enabled: false });
      expect(await verify(made.clientId, made.token)).toEqual({
        account: expect.objectContaining({ id: made.id }),
        token: { id: expect.any(String), expiresAt: null },
      });
    });

    test("is wrong when it is another account's, revoked, expired or nothing", async () => {
      const made = await make();
      const other = await make();
      const expires = new Date(rooms.clock.now() + MINUTE).toISOString();
      const short = await accounts.credentials.addToken(by, made.id, { expires_at: expires });
      const revoked = await accounts.credentials.addToken(by, made.id, {});
      await accounts.credentials.revokeToken(by, made.id, revoked.id);
      rooms.clock.advance(MINUTE);
      for (const secret of [other.token, short.token, revoked.token, "", "a\u0000b", `${made.token} `])
        expect(await verify(made.clientId, secret)).toEqual({
          account: expect.objectContaining({ id: made.id }),
        });
    });

    test("is wrong for a client that there is not, which tells nothing more", async () => {
      const { token, id } = await make();
      for (const clientId of ["", "nobody", "acc_\u0000", `acc_${"0".repeat(32)}`, id])
        expect(await verify(clientId, token)).toEqual({});
    });
  });

  describe("nobody hands out what he does not have:", () => {
    const manager = [{ resource: "accounts", actions: ["manage"] }, ...READING];
    const refused = async (work: Promise<unknown>) =>
      expect(await work.catch((error: unknown) => error)).toBeInstanceOf(Forbidden);

    test("an account is made with grants within the maker's own, and with no others", async () => {
      const { editor } = await editorWith(manager);
      await accounts.createFrom({ name: "Reader", grants: READING }, editor);
      for (const grants of [EVERYTHING, [{ resource: "trainings", actions: ["read", "write"] }]])
        await refused(accounts.createFrom({ name: "More", grants }, editor));
    });

    test("an account may narrow itself, and not widen itself", async () => {
      const { editor, account } = await editorWith(manager);
      await refused(accounts.patch(editor, account.id, { grants: EVERYTHING }));
      await accounts.patch(editor, account.id, { grants: [{ resource: "accounts", actions: ["manage"] }] });
      const narrowed = editorOf(await principalOf(account), NOWHERE);
      await refused(accounts.patch(narrowed, account.id, { grants: manager }));
    });

    test("of a mightier account nothing can be changed, and none of its secrets be had", async () => {
      const { editor } = await editorWith(manager);
      const { id } = await make({ grants: EVERYTHING });
      await refused(accounts.patch(editor, id, { allowed_ips: [] }));
      await refused(accounts.disable(editor, id));
      await refused(accounts.remove(editor, id));
      await refused(accounts.credentials.addToken(editor, id, {}));
      await refused(accounts.credentials.setTotp(editor, id));
      await refused(accounts.credentials.removeTotp(editor, id));
      const policy = { users: ["anna"], scopes: ["trainings:read"] };
      await refused(accounts.credentials.addPolicy(editor, id, policy));
      expect(await accounts.get(rooms.mine.id, id)).toMatchObject({ enabled: true, totp: false });
    });
  });

  test("of another organisation are not found and not listed, whatever is done", async () => {
    const { id, clientId } = await make();
    const theirs = shellEditor(rooms.theirs.id);
    const { credentials } = accounts;
    for (const given of [id, clientId, "nobody", "a\u0000b"]) {
      const tries: (() => Promise<unknown>)[] = [
        () => accounts.get(rooms.theirs.id, given),
        () => accounts.patch(theirs, given, { name: "Mine" }),
        () => accounts.patch(theirs, given, { nonsense: 1 }),
        () => accounts.enable(theirs, given),
        () => accounts.disable(theirs, given),
        () => accounts.remove(theirs, given),
        () => credentials.tokens(rooms.theirs.id, given),
        () => credentials.addToken(theirs, given, {}),
        () => credentials.revokeToken(theirs, given, id),
        () => credentials.setTotp(theirs, given),
        () => credentials.removeTotp(theirs, given),
        () => credentials.policies(rooms.theirs.id, given),
        () => credentials.addPolicy(theirs, given, { users: ["a"], scopes: ["*:read"] }),
        () => credentials.removePolicy(theirs, given, id),
      ];
      for (const work of tries) await expect(work()).rejects.toMatchObject({ code: "not_found" });
    }
    const { items } = await accounts.list(rooms.theirs.id, { limit: 50 });
    expect(items.map((item) => item.id)).toEqual([rooms.theirs.account.id]);
  });

  test("are listed in pages, in order of creation; deleted ones where they are asked for", async () => {
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await make()).id);
    await accounts.remove(by, made[2] ?? "");
    const all = async (deleted: boolean) => {
      const found: string[] = [];
      for (let cursor: string | undefined; ;) {
        const query = { limit: 2, deleted, ...(cursor !== undefined && { cursor }) };
        const page = await accounts.list(rooms.mine.id, query);
        found.push(...page.items.map(({ id }) => id));
        for (const { tokens } of page.items) expect(tokens).toHaveLength(1);
        if (page.next_cursor === null) return found;
        cursor = page.next_cursor;
      }
    };
    const first = rooms.mine.account.id;
    expect(await all(true)).toEqual([first, ...made]);
    expect(await all(false)).toEqual([first, ...made.filter((_, index) => index !== 2)]);
    const { next_cursor: cursor } = await accounts.list(rooms.mine.id, { limit: 2 });
    const other = { limit: 2, deleted: true, cursor: cursor ?? "" };
    await expect(accounts.list(rooms.mine.id, other)).rejects.toThrow("another list");
  });

  test("that were deleted are found only where those are asked for, and cannot be changed", async () => {
    const { id, clientId } = await make();
    await accounts.remove(by, id);
    await expect(accounts.get(rooms.mine.id, id)).rejects.toMatchObject({ code: "not_found" });
    await expect(accounts.enable(by, id)).rejects.toMatchObject({ code: "not_found" });
    await expect(accounts.credentials.addToken(by, id, {})).rejects.toMatchObject({ code: "not_found" });
    const shown = await accounts.get(rooms.mine.id, clientId, { deleted: true });
    expect(shown.deleted_at).toBe(new Date(rooms.clock.now()).toISOString());
  });

  test("policies say in whose name an account may act, and are gone when they were removed", async () => {
    const { id } = await make();
    const { credentials } = accounts;
    const input = { users: ["anna", "anna"], groups: ["teachers"], scopes: ["trainings:read"], life: "5m" };
    const made = await credentials.addPolicy(by, id, input);
    expect(made).toEqual({ ...made, users: ["anna"], groups: ["teachers"], life: "5m" });
    expect(await credentials.policies(rooms.mine.id, id)).toEqual([made]);
    expect(await rooms.store.read((reader) => accounts.policies(reader, id))).toMatchObject([
      { id: made.id, accountId: id, organisationId: rooms.mine.id, users: ["anna"], life: 5 * MINUTE },
    ]);
    await credentials.removePolicy(by, id, made.id);
    expect(await credentials.policies(rooms.mine.id, id)).toEqual([]);
    expect(credentials.removePolicy(by, id, made.id)).rejects.toMatchObject({ code: "not_found" });
  });

  test("a policy for nobody, or for what no grant can be, is refused", async () => {
    const { id } = await make();
    const wrong = [
      { scopes: ["trainings:read"] },
      { users: ["anna"], scopes: [] },
      { users: ["anna"], scopes: ["trainings:read institutes:read"] },
      { users: ["anna"], scopes: ["traningar:read"] },
      { users: ["anna"], scopes: ["trainings:eat"] },
      { users: ["anna"], scopes: ["trainings:read"], life: "2d" },
    ];
    for (const body of wrong)
      await expect(accounts.credentials.addPolicy(by, id, body)).rejects.toMatchObject({ code: "invalid" });
  });

  test("what is done to one is in the audit log, with who did it", async () => {
    const { editor, account: doer } = await editorWith(EVERYTHING);
    const { id, clientId } = await accounts.createFrom({ name: "ERP", grants: READING }, editor);
    await accounts.patch(editor, id, { name: "ERP 2", grants: [] });
    await accounts.disable(editor, id);
    await accounts.disable(editor, id); // nothing happens, nothing is said
    await accounts.enable(editor, id);
    const token = await accounts.credentials.addToken(editor, id, { label: "2027" });
    await accounts.credentials.revokeToken(editor, id, token.id);
    await accounts.credentials.setTotp(editor, id);
    await accounts.credentials.setTotp(editor, id);
    await accounts.credentials.removeTotp(editor, id);
    const policy = await accounts.credentials.addPolicy(editor, id, { users: ["anna"], scopes: ["*:read"] });
    await accounts.credentials.removePolicy(editor, id, policy.id);
    await accounts.remove(editor, id);
    const told = await events(clientId);
    expect(told.map(({ action }) => action)).toEqual([
      "account.create",
      "account.change",
      "account.disable",
      "account.enable",
      "account.token_create",
      "account.token_revoke",
      "account.totp_on",
      "account.totp_reset",
      "account.totp_off",
      "account.policy_create",
      "account.policy_delete",
      "account.delete",
    ]);
    for (const { subject } of told) expect(subject).toBe(`account:${doer.clientId}`);
    expect(told[0]?.detail).toMatchObject({ name: "ERP", grants: READING });
    expect(told[1]?.detail).toEqual({ name: "ERP 2", grants: [] });
    expect(told[4]?.detail).toMatchObject({ label: "2027", last_four: token.token.slice(-4) });
  });
});
