/** Accounts and organisations as a sysadmin and a partner have them: over HTTP, and from the shell beside the server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, onPostgres, run, startKoppla } from "./harness.ts";
import { Partner } from "./partner.ts";
import { expectProblem, type Page, readPages } from "./wire.ts";

interface AccountOut {
  id: string;
  client_id: string;
  name: string;
  grants: unknown[];
  totp: boolean;
  allowed_ips: string[];
  token: { kind: string; life: string; refresh: boolean };
  enabled: boolean;
  deleted_at?: string;
  tokens: { id: string; label: string; last_four: string; last_used_at: string | null }[];
}

interface Made extends Omit<AccountOut, "token" | "totp"> {
  token: string;
  totp: false | { secret: string; otpauth_uri: string; qr_svg: string };
}

const READING = [{ resource: "trainings", actions: ["read"] }];

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla.dispose());

const make = (more: Record<string, unknown> = {}, by = partner): Promise<Made> =>
  by.send<Made>("POST", "/api/v1/accounts", { name: "ERP", grants: READING, ...more }, 201);

/** The account, calling with its own token. */
const as = ({ token, client_id }: { token: string; client_id: string }) =>
  new Partner(koppla, "demo", token, client_id);

const statusOf = async (account: { token: string; client_id: string }) =>
  (await as(account).get("/api/v1/trainings")).status;

const path = ({ id }: { id: string }) => `/api/v1/accounts/${id}`;

describe("an account over HTTP", () => {
  test("is made with a token that works, told this once, and kept out of caches", async () => {
    const response = await partner.post("/api/v1/accounts", { name: "ERP", grants: READING, totp: false });
    expect(response.status).toBe(201);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const made: Made = JSON.parse(await response.text());
    expect(response.headers.get("location")).toEndWith(path(made));
    expect(made.token).toStartWith("koppla_");
    expect(made.totp).toBe(false);
    expect(await statusOf(made)).toBe(200);
    const shown = await partner.read<AccountOut>(path(made));
    expect(JSON.stringify(shown)).not.toContain(made.token);
    expect(shown).toMatchObject({ name: "ERP", totp: false, token: { kind: "opaque", life: "60m" } });
    expect(await partner.read<AccountOut>(path({ id: made.client_id }))).toEqual(shown);
  });

  test("is refused with every violation at once, and with members that there are not", async () => {
    const body = { name: "", grants: [{ resource: "x" }], allowed_ips: ["a"], secret: 1, id: "mine" };
    const response = await partner.post("/api/v1/accounts", body);
    const problem = await expectProblem(response, 422);
    const fields = problem.violations?.map(({ field }) => field).sort();
    expect(fields).toEqual([
      "allowed_ips[0]",
      "grants[0].actions",
      "grants[0].resource",
      "id",
      "name",
      "secret",
    ]);
    const patch = await partner.patch(path(await make()), { totp: true });
    expect((await expectProblem(patch, 422)).violations?.[0]?.field).toBe("totp");
  });

  test("is listed in pages, and when it was deleted only where that is asked for", async () => {
    const other = await koppla.partner("listed");
    const made = [];
    for (let i = 0; i < 3; i++) made.push((await make({}, other)).id);
    await other.delete(`/api/v1/accounts/${made[1]}`);
    const ids = async (query: string) => {
      const read = (where: string) => other.read<Page<AccountOut>>(where);
      const pages = await readPages<AccountOut>(read, `/api/v1/accounts${query}`, 2);
      return pages.flat().map(({ id }) => id);
    };
    expect((await ids("")).slice(1)).toEqual(made.filter((_, index) => index !== 1));
    expect((await ids("?include=deleted")).slice(1)).toEqual(made);
    await expectProblem(await other.get(`/api/v1/accounts/${made[1]}`), 404);
    const gone = await other.read<AccountOut>(`/api/v1/accounts/${made[1]}?include=deleted`);
    expect(gone.deleted_at).toBeString();
  });

  test("is let in and kept out at once, as it is enabled, changed, disabled and deleted", async () => {
    const made = await make();
    expect(await statusOf(made)).toBe(200);
    await partner.send("POST", `${path(made)}/disable`, {}, 200);
    expect(await statusOf(made)).toBe(401);
    await partner.send("POST", `${path(made)}/enable`, {}, 200);
    expect(await statusOf(made)).toBe(200);
    await partner.send("PATCH", path(made), { grants: [] }, 200);
    expect(await statusOf(made)).toBe(403);
    expect((await partner.delete(path(made))).status).toBe(204);
    expect(await statusOf(made)).toBe(401);
  });

  test("has several tokens side by side: one is revoked, the other goes on", async () => {
    const made = await make();
    const next = await partner.send<{ id: string; token: string; last_four: string }>(
      "POST",
      `${path(made)}/tokens`,
      { label: "2027" },
      201,
    );
    expect(next.token).toEndWith(next.last_four);
    const { items } = await partner.read<Page<AccountOut["tokens"][number]>>(`${path(made)}/tokens`);
    expect(items.map(({ label }) => label)).toEqual(["first", "2027"]);
    expect([await statusOf(made), await statusOf({ ...made, token: next.token })]).toEqual([200, 200]);
    expect((await partner.delete(`${path(made)}/tokens/${items[0]?.id}`)).status).toBe(204);
    expect([await statusOf(made), await statusOf({ ...made, token: next.token })]).toEqual([401, 200]);
    await expectProblem(await partner.delete(`${path(made)}/tokens/${items[0]?.id}`), 404);
  });

  test("is seen to be used, to the minute", async () => {
    const made = await make();
    const used = async () => (await partner.read<AccountOut>(path(made))).tokens[0]?.last_used_at;
    expect(await used()).toBeNull();
    const before = Date.now();
    await statusOf(made);
    const end = Date.now() + 10_000;
    while ((await used()) === null && Date.now() < end) await Bun.sleep(50);
    expect(Date.parse((await used()) ?? "")).toBeWithin(before, Date.now() + 1);
  });

  test("cannot be made mightier than its maker, and nobody's might grows", async () => {
    const manager = await make({ grants: [{ resource: "accounts", actions: ["manage"] }, ...READING] });
    const by = as(manager);
    await make({}, by);
    const all = [{ resource: "*", actions: ["*"] }];
    const tries: [string, string, unknown][] = [
      ["POST", "/api/v1/accounts", { name: "More", grants: all }],
      ["PATCH", path(manager), { grants: all }],
      ["PATCH", `/api/v1/accounts/${partner.clientId}`, { allowed_ips: ["192.0.2.1"] }],
      ["POST", `/api/v1/accounts/${partner.clientId}/tokens`, {}],
      ["POST", `/api/v1/accounts/${partner.clientId}/totp`, {}],
      ["POST", `/api/v1/accounts/${partner.clientId}/disable`, {}],
      ["DELETE", `/api/v1/accounts/${partner.clientId}`, undefined],
    ];
    for (const [method, where, json] of tries)
      await expectProblem(await by.api(where, { method, json }), 403);
    expect(await statusOf({ token: partner.token, client_id: partner.clientId })).toBe(200);
    const reader = as(await make());
    for (const where of ["/api/v1/accounts", path(manager)])
      await expectProblem(await reader.get(where), 403);
  });

  test("sees nothing more by a receiver either, be it another account's or its own", async () => {
    const body = { name: "r", url: "http://127.0.0.1:9/hooks", topics: ["*"], enabled: false };
    const manages = (resource: string) => ({ resource, actions: ["manage"] });
    const manager = await make({ grants: [manages("accounts"), manages("receivers"), ...READING] });
    const reader = await make();
    const where = "/api/v1/receivers";
    const own = await as(manager).send<{ id: string }>("POST", where, body, 201);
    await as(manager).send("POST", where, { ...body, account_id: reader.client_id }, 201);
    const mightier = { ...body, account_id: partner.clientId };
    await expectProblem(await as(manager).post(where, mightier), 403);
    await expectProblem(await as(manager).patch(`${where}/${own.id}`, { account_id: partner.clientId }), 403);
    const theirs = await partner.send<{ id: string }>("POST", where, body, 201);
    await expectProblem(await as(manager).patch(`${where}/${theirs.id}`, { url: body.url }), 403);
  });

  test("of another organisation is not there: 404 whatever is asked", async () => {
    const stranger = await koppla.partner("stranger");
    const made = await make({}, stranger);
    const policy = { users: ["anna"], scopes: ["*:read"] };
    const tries: [string, string, unknown][] = [
      ["GET", "", undefined],
      ["PATCH", "", { name: "Mine" }],
      ["DELETE", "", undefined],
      ["POST", "/disable", {}],
      ["POST", "/enable", {}],
      ["GET", "/tokens", undefined],
      ["POST", "/tokens", {}],
      ["DELETE", `/tokens/${made.tokens[0]?.id}`, undefined],
      ["POST", "/totp", {}],
      ["DELETE", "/totp", undefined],
      ["GET", "/impersonation-policies", undefined],
      ["POST", "/impersonation-policies", policy],
    ];
    for (const [method, more, json] of tries)
      await expectProblem(await partner.api(path(made) + more, { method, json }), 404);
    expect(await stranger.read<AccountOut>(path(made))).toMatchObject({ name: "ERP", enabled: true });
  });

  test("has policies that say in whose name it may act", async () => {
    const made = await make();
    const where = `${path(made)}/impersonation-policies`;
    const body = { users: ["anna"], groups: ["teachers"], scopes: ["trainings:read"], life: "5m" };
    const { id } = await partner.send<{ id: string }>("POST", where, body, 201);
    expect((await partner.read<Page<unknown>>(where)).items).toEqual([
      { id, ...body, provisioned: false, created_at: expect.any(String) },
    ]);
    expect((await partner.delete(`${where}/${id}`)).status).toBe(204);
    expect((await partner.read<Page<unknown>>(where)).items).toEqual([]);
  });
});

describe("a token alone", () => {
  test("is no way in for an account with TOTP, neither as bearer nor as apikey", async () => {
    const made = await make({ totp: true });
    if (made.totp === false) throw new Error("it has no TOTP");
    expect(made.totp.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(made.totp.otpauth_uri).toStartWith("otpauth://totp/");
    expect(made.totp.qr_svg).toStartWith("<svg");
    expect(await statusOf(made)).toBe(401);
    const keyed = await fetch(`${koppla.url}/api/v1/trainings`, { headers: { apikey: made.token } });
    expect(keyed.status).toBe(401);
    expect((await partner.delete(`${path(made)}/totp`)).status).toBe(204);
    expect(await statusOf(made)).toBe(200);
    const reset = await partner.send<{ secret: string }>("POST", `${path(made)}/totp`, {}, 200);
    expect(reset.secret).not.toBe(made.totp.secret);
    expect(await statusOf(made)).toBe(401);
  });

  test("is refused in the same bytes whatever is wrong with it", async () => {
    const past = "2020-01-01T00:00:00Z";
    const disabled = await make({ enabled: false });
    const deleted = await make();
    await partner.delete(path(deleted));
    const revoked = await make();
    await partner.delete(`${path(revoked)}/tokens/${revoked.tokens[0]?.id}`);
    const used = await make();
    const late = await partner.send<{ token: string }>(
      "POST",
      `${path(used)}/tokens`,
      { expires_at: past },
      201,
    );
    const tokens = {
      unknown: `koppla_${"0".repeat(47)}`,
      malformed: "nothing",
      disabled: disabled.token,
      deleted: deleted.token,
      revoked: revoked.token,
      expired: (await make({ expires_at: past })).token,
      late: late.token,
      elsewhere: (await make({ allowed_ips: ["192.0.2.0/24"] })).token,
      codes: (await make({ totp: true })).token,
    };
    const answers = new Map<string, string[]>();
    for (const [name, token] of Object.entries(tokens)) {
      const headers = { authorization: `Bearer ${token}`, "x-request-id": "the-same" };
      const response = await fetch(`${koppla.url}/api/v1/trainings`, { headers });
      const { date: _, ...rest } = Object.fromEntries(response.headers);
      const answer = JSON.stringify([response.status, rest, await response.text()]);
      answers.set(answer, [...(answers.get(answer) ?? []), name]);
    }
    expect([...answers.values()]).toEqual([Object.keys(tokens)]);
    expect([...answers.keys()][0]).toStartWith("[401,");
  });

  test("gets in from the addresses that its account and its organisation list, and X-Forwarded-For is no address", async () => {
    const here = await make({ allowed_ips: ["127.0.0.0/8", "::1"] });
    expect(await statusOf(here)).toBe(200);
    const there = await make({ allowed_ips: ["192.0.2.0/24", "2001:db8::/32"] });
    for (const forwarded of ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "192.0.2.1, 127.0.0.1"]) {
      const response = await as(there).get("/api/v1/trainings", { "x-forwarded-for": forwarded });
      await expectProblem(response, 401);
    }
  });

  test("gets in through a proxy that is trusted, from where that says it came", async () => {
    await using behind = await startKoppla({ config: { server: { trusted_proxies: ["127.0.0.1"] } } });
    const made = await make({ allowed_ips: ["192.0.2.0/24"] }, behind.demo);
    const status = async (forwarded: string) => {
      const caller = new Partner(behind, "demo", made.token, made.client_id);
      return (await caller.get("/api/v1/trainings", { "x-forwarded-for": forwarded })).status;
    };
    expect(await status("192.0.2.1")).toBe(200);
    expect(await status("192.0.2.1, 198.51.100.1")).toBe(401);
    expect(await status("198.51.100.1, 192.0.2.1")).toBe(200);
  });
});

describe("an organisation", () => {
  test("is shown to its own, changed by who manages it, and others' are not there", async () => {
    const other = await koppla.partner("shown");
    const shown = {
      code: "shown",
      name: "Organisation shown",
      ...{ allowed_ips: [], sites: [], return_urls: [], language: "en" },
      password_grants: [{ resource: "*", actions: ["read", "write"] }],
      password: false,
      previous_password_until: null,
      provisioned: false,
      created_at: expect.any(String),
    };
    expect(await other.read<Page<unknown>>("/api/v1/organisations")).toEqual({
      items: [shown],
      next_cursor: null,
    });
    await other.send("PATCH", "/api/v1/organisations/shown", { name: "Skolan" }, 200);
    const { organisation } = await other.read<{ organisation: { name: string } }>("/api/v1/me");
    expect(organisation.name).toBe("Skolan");
    for (const [method, json] of [
      ["GET", undefined],
      ["PATCH", { name: "Mine" }],
    ] as const)
      await expectProblem(await partner.api("/api/v1/organisations/shown", { method, json }), 404);
    const reader = as(await make());
    await expectProblem(await reader.get("/api/v1/organisations/demo"), 403);
  });

  test("has settings of the public data API, each checked, from the API and from the shell", async () => {
    const other = await koppla.partner("published");
    const path = "/api/v1/organisations/published";
    const settings = {
      sites: ["https://www.example.org"],
      return_urls: ["https://www.example.org/welcome"],
      language: "sv",
      password_grants: [{ resource: "trainings", actions: ["read"] }],
    };
    expect(await other.send<unknown>("PATCH", path, settings, 200)).toMatchObject(settings);
    const wrong: [string, unknown][] = [
      ["sites", ["https://www.example.org/a"]],
      ["sites", ["*"]],
      ["return_urls", ["http://www.example.org/"]],
      ["return_urls", ["https://a@www.example.org/"]],
      ["language", "de"],
      ["password_grants", [{ resource: "users", actions: ["read"] }]],
      ["password_grants", [{ resource: "*", actions: ["manage"] }]],
      ["password_grants", [{ resource: "trainings", actions: ["*"] }]],
    ];
    for (const [member, value] of wrong) {
      const { violations } = await expectProblem(await other.patch(path, { [member]: value }), 422);
      expect(violations?.[0]?.field).toStartWith(member);
    }
    const changed = await koppla.cliJson<unknown>(
      ...["organisation", "change", "--code", "published", "--no-sites", "--language", "fr"],
      ...["--return-url", "https://a.example/x", "--password-grant", "*:read,write"],
    );
    expect(changed).toMatchObject({
      ...{ sites: [], return_urls: ["https://a.example/x"], language: "fr" },
      password_grants: [{ resource: "*", actions: ["read", "write"] }],
    });
  });

  test("gives its password no more than whoever sets it has", async () => {
    const other = await koppla.partner("guarded");
    const path = "/api/v1/organisations/guarded";
    const clerk = await koppla.account("guarded", ["organisations:manage", "trainings:read"]);
    // The password may read and write everything: whoever sets it knows it.
    await expectProblem(await clerk.post(`${path}/password`, { password: "known to the clerk" }), 403);
    await expectProblem(
      await clerk.patch(path, { password_grants: [{ resource: "*", actions: ["read"] }] }),
      403,
    );
    const less = [{ resource: "trainings", actions: ["read"] }];
    await clerk.send("PATCH", path, { password_grants: less }, 200);
    await clerk.send("POST", `${path}/password`, { password: "known to the clerk" }, 200);
    await other.send(
      "PATCH",
      path,
      { password_grants: [{ resource: "*", actions: ["read", "delete"] }] },
      200,
    );
  });

  test("has a password that is set and taken away, and shown to nobody", async () => {
    const other = await koppla.partner("secretive");
    const set = (json: unknown, expected: number) =>
      other.send<{ password: boolean; previous_password_until: string | null }>(
        "POST",
        "/api/v1/organisations/secretive/password",
        json,
        expected,
      );
    expect(await set({ password: "canary-first-word" }, 200)).toMatchObject({ password: true });
    const again = await set({ password: "canary-second-word", overlap: "1h" }, 200);
    expect(Date.parse(again.previous_password_until ?? "")).toBeWithin(
      Date.now() + 3_500_000,
      Date.now() + 3_601_000,
    );
    expect(JSON.stringify(again)).not.toContain("canary");
    await set({ password: "short" }, 422);
    expect(await set({ password: null }, 200)).toMatchObject({
      password: false,
      previous_password_until: null,
    });
  });

  test("that has shut itself out is let in again by the shell, while the server runs", async () => {
    const other = await koppla.partner("shut");
    await other.send("PATCH", "/api/v1/organisations/shut", { allowed_ips: ["192.0.2.1"] }, 200);
    await expectProblem(await other.get("/api/v1/me"), 401);
    await koppla.cliJson("organisation", "change", "--code", "shut", "--any-ip");
    expect((await other.get("/api/v1/me")).status).toBe(200);
  });
});

describe("from the shell", () => {
  const account = <T = Record<string, unknown>>(command: string, clientId: string, ...more: string[]) =>
    koppla.cliJson<T>("account", ...command.split(" "), "--account", clientId, ...more);

  test("an account is made with codes and addresses, as scripts expect it", async () => {
    const options = ["--grant", "trainings:read,write", "--grant", "receivers:manage"];
    const made = await koppla.cliJson<Record<string, unknown>>(
      ...["account", "create", "--org", "demo", "--name", "ERP", ...options],
      ...["--totp", "--allow-ip", "192.0.2.0/24", "--allow-ip", "::1", "--token-kind", "jwt"],
      ...["--token-life", "5m", "--redirect-uri", "https://erp.example/back", "--refresh"],
    );
    expect(made).toEqual({
      id: expect.any(String),
      client_id: expect.stringMatching(/^acc_[0-9a-f]{32}$/),
      token: expect.stringMatching(/^koppla_/),
      grants: [
        { resource: "trainings", actions: ["read", "write"] },
        { resource: "receivers", actions: ["manage"] },
      ],
      totp: { secret: expect.stringMatching(/^[A-Z2-7]{32}$/), otpauth_uri: expect.any(String) },
    });
    expect(await partner.read<AccountOut>(path({ id: String(made["id"]) }))).toMatchObject({
      totp: true,
      allowed_ips: ["192.0.2.0/24", "::1"],
      token: { kind: "jwt", life: "5m", refresh: true },
      redirect_uris: ["https://erp.example/back"],
    });
  });

  test("everything that is done to an account holds in the running server at once", async () => {
    const made = await make();
    const { client_id: clientId } = made;
    expect(await statusOf(made)).toBe(200);
    await account("disable", clientId);
    expect(await statusOf(made)).toBe(401);
    await account("enable", clientId);
    expect(await statusOf(made)).toBe(200);
    await account("totp", clientId);
    expect(await statusOf(made)).toBe(401);
    await account("totp", clientId, "--off");
    expect(await statusOf(made)).toBe(200);
    await account("change", clientId, "--grant", "institutes:read");
    expect(await statusOf(made)).toBe(403);
    await account("change", clientId, "--grant", "trainings:read", "--allow-ip", "192.0.2.1");
    expect(await statusOf(made)).toBe(401);
    await account("change", clientId, "--any-ip");
    const next = await account<{ token: string }>("token", clientId, "--label", "2027");
    expect(await statusOf({ ...made, token: next.token })).toBe(200);
    const tokens = await account<{ id: string }[]>("tokens", clientId);
    await account("revoke-token", clientId, "--token", tokens[0]?.id ?? "");
    expect(await statusOf(made)).toBe(401);
    expect(await statusOf({ ...made, token: next.token })).toBe(200);
    await account("delete", clientId);
    expect(await statusOf({ ...made, token: next.token })).toBe(401);
  });

  test("accounts are listed and shown, and policies made and removed", async () => {
    const { client_id: clientId, id } = await make({ name: "Shown" });
    expect(await account("show", clientId)).toMatchObject({ id, name: "Shown" });
    const listed = await koppla.cliJson<AccountOut[]>("account", "list", "--org", "demo", "--deleted");
    expect(listed.map((item) => item.id)).toContain(id);
    const made = await account<{ id: string }>(
      "impersonation allow",
      clientId,
      ...["--user", "anna", "--scope", "trainings:read", "--life", "5m"],
    );
    expect(await account<unknown[]>("impersonation list", clientId)).toMatchObject([
      { id: made.id, users: ["anna"], scopes: ["trainings:read"], life: "5m" },
    ]);
    await account("impersonation remove", clientId, "--policy", made.id);
    expect(await account<unknown[]>("impersonation list", clientId)).toEqual([]);
  });

  test("what cannot be is refused with a reason and exit code 1", async () => {
    const tries: [string[], string][] = [
      [["account", "show", "--account", "acc_nobody"], "There is no account acc_nobody"],
      [["account", "show", "--account", partner.clientId, "--org", "nowhere"], "no organisation"],
      [
        ["account", "create", "--org", "demo", "--name", "x", "--grant", "traning:read"],
        "grants[0].resource",
      ],
      [
        ["account", "create", "--org", "demo", "--name", "x", "--grant", "*:*", "--allow-ip", "here"],
        "allowed_ips[0]",
      ],
      [["organisation", "change", "--code", "demo", "--any-ip", "--allow-ip", "::1"], "--any-ip"],
    ];
    for (const [args, reason] of tries) {
      const { exitCode, stdout, stderr } = await koppla.cli(...args);
      expect({ args, exitCode, stdout }).toEqual({ args, exitCode: 1, stdout: "" });
      expect(stderr).toContain(reason);
    }
    const other = await koppla.partner("elsewhere");
    const { exitCode } = await koppla.cli("account", "show", "--account", other.clientId, "--org", "demo");
    expect(exitCode).toBe(1);
  });

  test("an organisation gets its password by standard input alone", async () => {
    const cli = (input: string, ...args: string[]) =>
      run([...args, "-c", koppla.configFile, "--json"], { cwd: koppla.dir, input });
    const create = ["organisation", "create", "--code", "piped", "--name", "Piped", "--password-stdin"];
    const short = await cli("short\n", ...create);
    expect(short).toMatchObject({ exitCode: 1, stdout: "" });
    const made = await cli("canary-piped-word\n", ...create);
    expect(JSON.parse(made.stdout)).toMatchObject({ code: "piped", name: "Piped" });
    const set = await cli("canary-piped-next\n", "organisation", "password", "--code", "piped");
    expect(JSON.parse(set.stdout)).toMatchObject({
      password: true,
      previous_password_until: expect.any(String),
    });
    const removed = await cli("", "organisation", "password", "--code", "piped", "--remove");
    expect(JSON.parse(removed.stdout)).toMatchObject({ password: false, previous_password_until: null });
  });
});

test("no secret is in the log, the audit log or the database", async () => {
  await using other = await startKoppla({ config: { log: { level: "debug" } } });
  const secrets: string[] = [other.demo.token];
  const made = await make({ totp: true }, other.demo);
  if (made.totp === false) throw new Error("it has no TOTP");
  const next = await other.demo.send<{ token: string }>("POST", `${path(made)}/tokens`, {}, 201);
  const reset = await other.demo.send<{ secret: string }>("POST", `${path(made)}/totp`, {}, 200);
  const password = "canary-of-the-organisation";
  await other.demo.send("POST", "/api/v1/organisations/demo/password", { password }, 200);
  secrets.push(made.token, made.totp.secret, next.token, reset.secret, password);
  // Also where they do not belong, or are refused.
  await other.demo.post("/api/v1/accounts", { name: made.token, grants: "x" });
  await fetch(`${other.url}/api/v1/me`, { headers: { authorization: `Bearer ${made.token}` } });
  const audit = await (await other.demo.get("/api/v1/audit?limit=500")).text();
  expect(audit).toContain("account.totp_reset");
  await other.stop();
  const parts = [other.log.text(), audit];
  if (!onPostgres) {
    const files = other.dataFiles().filter(([name]) => !name.endsWith(".key"));
    for (const [, bytes] of files) parts.push(bytes.toString("latin1"));
    expect(parts.join("")).toContain(made.client_id);
  }
  for (const secret of secrets) expect(parts.join("\n")).not.toContain(secret);
});
