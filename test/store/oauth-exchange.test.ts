/** Acting in a person's name, on each database: who may, how far, how long, and what nobody is told. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";

import { shellEditor } from "../../src/accounts/editor.ts";
import { databases } from "./databases.ts";
import {
  ACCESS_TOKEN,
  type Answer,
  EXCHANGE,
  type Fields,
  type Machine,
  TokenHouse,
  USERNAME,
} from "./token-house.ts";

const AGENT = [
  { resource: "trainings", actions: ["read", "write", "delete"] },
  { resource: "impersonate", actions: ["run"] },
];
const EVERYTHING = [{ resource: "*", actions: ["*"] }];
const REDIRECT = "https://client.example/cb";
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

describe.each([...databases])("impersonation on %s", (kind) => {
  let house: TokenHouse;

  beforeAll(async () => {
    house = await TokenHouse.open(kind);
  });
  afterAll(() => house.close());
  beforeEach(() => house.renew());

  const told = ({ status, body }: Answer) => `${status} ${String(body["error"])}`;
  const by = () => shellEditor(house.organisation.id);
  const agent = (more: Record<string, unknown> = {}) => house.account({ grants: AGENT, ...more });
  const exchange = (machine: Machine, fields: Fields) =>
    house.token(machine, { grant_type: EXCHANGE, subject_token_type: USERNAME, ...fields });
  const withToken = (machine: Machine, subject_token: unknown, fields: Fields = {}) =>
    exchange(machine, { subject_token: String(subject_token), subject_token_type: ACCESS_TOKEN, ...fields });
  /** An agent that may act for anna, and anna. */
  const made = async (policy: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => {
    const machine = await agent(more);
    const anna = await house.user("anna");
    const policyId = await house.policy(machine, { users: ["anna"], ...policy });
    return { machine, anna, policyId };
  };
  /** The token that anna's own client was given. */
  const ownToken = async (user: { id: string }, scope = "trainings:read trainings:write") => {
    const client = await house.account({ redirect_uris: [REDIRECT] });
    const challenge = createHash("sha256").update(VERIFIER).digest("base64url");
    const code = await house.code(client, user, { challenge, scope });
    const { body } = await house.token(client, {
      ...{ grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier: VERIFIER },
    });
    return { client, body };
  };

  /** A token by which the account acts for somebody: not its own. */
  const actingToken = async (machine: Machine) => {
    house.clock.advance(30_000);
    const { body } = await exchange(machine, { subject_token: "anna", totp: house.totp(machine) });
    return String(body["access_token"]);
  };

  describe("an account acts for a person", () => {
    test("by name: the token is the person's, with the account as its actor", async () => {
      const { machine } = await made();
      const answer = await exchange(machine, { subject_token: "anna" });
      expect(answer.body).toEqual({
        access_token: expect.stringMatching(/^kat_/),
        token_type: "Bearer",
        expires_in: 600,
        scope: "trainings:read trainings:write",
        base_url: "https://koppla.example",
        issued_token_type: ACCESS_TOKEN,
      });
      expect((await house.me(answer.body["access_token"])).body).toMatchObject({
        subject: { kind: "user", username: "anna" },
        actor: { client_id: machine.clientId },
        grants: [{ resource: "trainings", actions: ["read", "write"] }],
      });
      expect(await house.events("impersonate")).toMatchObject([
        {
          outcome: "success",
          subject: "user:anna",
          actor: `account:${machine.clientId}`,
          client: machine.clientId,
        },
      ]);
    });

    test("by a group that the person belongs to", async () => {
      const machine = await agent();
      await house.user("bo", { groups: ["economy"] });
      await house.policy(machine, { groups: ["economy"] });
      expect((await exchange(machine, { subject_token: "bo" })).status).toBe(200);
    });

    test("by the person's own token, no further than that, and no longer", async () => {
      const { machine, anna } = await made({ life: "24h" });
      const { body } = await ownToken(anna, "trainings:read");
      house.clock.advance(3_000_000);
      const answer = await withToken(machine, body["access_token"]);
      expect(answer.body).toMatchObject({ scope: "trainings:read", expires_in: 600 });
      expect(told(await withToken(machine, body["access_token"], { scope: "trainings:write" }))).toBe(
        "400 invalid_scope",
      );
    });

    test("as a JWT with act, where the account has JWTs", async () => {
      const { machine } = await made({}, { token: { kind: "jwt" } });
      const { body } = await exchange(machine, { subject_token: "anna" });
      const [, payload = ""] = String(body["access_token"]).split(".");
      expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
        act: { sub: machine.clientId },
        client_id: machine.clientId,
      });
      expect((await house.me(body["access_token"])).body).toMatchObject({ subject: { username: "anna" } });
    });

    test("never with a refresh token", async () => {
      const { machine } = await made({}, { token: { refresh: true } });
      const { body } = await exchange(machine, { subject_token: "anna" });
      expect(body).not.toHaveProperty("refresh_token");
    });

    test("under the first policy that allows what it asks for", async () => {
      const { machine } = await made({ scopes: ["trainings:read"], life: "1m" });
      await house.policy(machine, { users: ["anna"], scopes: ["trainings:write"], life: "2m" });
      const ask = async (scope?: string) => (await exchange(machine, { subject_token: "anna", scope })).body;
      expect(await ask()).toMatchObject({ scope: "trainings:read", expires_in: 60 });
      expect(await ask("trainings:write")).toMatchObject({ scope: "trainings:write", expires_in: 120 });
      expect(await ask("trainings:read trainings:write")).toMatchObject({ error: "invalid_scope" });
    });

    test("and never manages, though both may do everything and the policy says so", async () => {
      const { machine } = await made({ scopes: ["*:*"] }, { grants: EVERYTHING });
      for (const scope of [
        "accounts:manage",
        "users:read",
        "organisations:manage",
        "impersonate:run",
        "audit:read",
      ])
        expect(told(await exchange(machine, { subject_token: "anna", scope }))).toBe("400 invalid_scope");
      const { body } = await exchange(machine, { subject_token: "anna" });
      const headers = { authorization: `Bearer ${String(body["access_token"])}` };
      for (const path of ["/api/v1/accounts", "/api/v1/users", "/api/v1/audit"])
        expect((await house.send(path, { headers })).status).toBe(403);
    });
  });

  describe("everybody else is denied, and told the same, byte for byte", () => {
    const DENIED = "400 invalid_request";

    test("without a policy, for a manager, a disabled, a deleted and an unknown person, and for a stranger's", async () => {
      const { machine } = await made({
        users: ["anna", "boss", "gone", "off", "nobody", "nothing", "theirs"],
      });
      await house.user("uncovered");
      await house.user("boss", { roles: ["personnel"] });
      await house.user("nothing", { roles: [] });
      const off = await house.user("off");
      await house.services.users.disable(by(), off.id);
      const gone = await house.user("gone");
      await house.services.users.remove(by(), gone.id);
      const here = house.organisation;
      house.organisation = await house.services.organisations.create({
        code: `${here.code}-x`,
        name: "Other",
      });
      const theirs = await house.user("theirs");
      const foreign = await ownToken(theirs);
      house.organisation = here;
      const { client, body } = await ownToken(await house.user("cia"));
      await house.post("/oauth/revoke", client, { token: String(body["access_token"]) });
      const itself = await house.login(machine);
      const answers = [
        ...(await Promise.all(
          [
            "uncovered",
            "boss",
            "nothing",
            "off",
            "gone",
            "nobody",
            "theirs",
            "x".repeat(5_000),
            "' or 1=1 --",
          ].map((subject_token) => exchange(machine, { subject_token })),
        )),
        await withToken(machine, body["access_token"]),
        await withToken(machine, foreign.body["access_token"]),
        await withToken(machine, itself["access_token"]),
        await withToken(machine, machine.secret),
        await withToken(machine, "anna"),
        await withToken(machine, "a.b.c"),
        await exchange(machine, { subject_token: String(itself["access_token"]) }),
      ];
      const [first] = answers;
      expect(first && told(first)).toBe(DENIED);
      for (const { status, text } of answers)
        expect({ status, text }).toEqual({ status: 400, text: first?.text ?? "" });
    });

    test("and the audit log has the reason, with whom it was about", async () => {
      const { machine } = await made();
      await house.user("boss", { roles: ["personnel"] });
      await exchange(machine, { subject_token: "boss" });
      await exchange(machine, { subject_token: "not a name but my secret" });
      expect(await house.events("impersonate")).toMatchObject([
        { outcome: "denied", target: `account:${machine.clientId}`, detail: { reason: "no such user" } },
        { outcome: "denied", target: "user:boss", detail: { reason: "the user manages others" } },
      ]);
      expect(JSON.stringify(await house.events())).not.toContain("my secret");
    });

    test("the grant to impersonate is asked for first: without it nobody learns anything of anybody", async () => {
      const machine = await house.account();
      await house.user("anna");
      await house.policy(machine, { users: ["anna"] });
      const answers = await Promise.all(
        ["anna", "nobody"].map((subject_token) => exchange(machine, { subject_token })),
      );
      expect(answers.map(told)).toEqual(["400 unauthorized_client", "400 unauthorized_client"]);
      expect(answers[0]?.text).toBe(answers[1]?.text ?? "");
    });
  });

  describe("what is left out is never taken for the account itself:", () => {
    test.each([
      [{}, "nothing"],
      [{ subject_token: "" }, "an empty token"],
      [{ subject_token: "x".repeat(9_000) }, "an endless token"],
      [{ subject_token: "anna", subject_token_type: "" }, "no type"],
      [{ subject_token: "anna", subject_token_type: "urn:ietf:params:oauth:token-type:jwt" }, "a JWT"],
      [
        { subject_token: "anna", subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token" },
        "refresh",
      ],
      [{ subject_token: "anna", subject_token_type: USERNAME.toUpperCase() }, "its type in capitals"],
      [
        { subject_token: "anna", requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" },
        "more",
      ],
      [{ subject_token: "anna", actor_token_type: ACCESS_TOKEN }, "a type without an actor's token"],
      [{ subject_token: "anna", actor_token: "kat_x" }, "an actor's token without a type"],
      [
        { subject_token: "anna", actor_token: "kat_x", actor_token_type: ACCESS_TOKEN },
        "a foreign actor's token",
      ],
    ] as [Fields, string][])("%j is refused: %s", async (fields) => {
      const { machine } = await made();
      const answer = await exchange(machine, fields);
      expect(told(answer)).toBe("400 invalid_request");
      // It is refused for what it is, before anybody is looked for.
      expect(answer.body["error_description"]).not.toBe("the subject token is not acceptable");
    });

    test("another server than the one that the tokens are for", async () => {
      const { machine } = await made();
      const at = (audience: string) => exchange(machine, { subject_token: "anna", audience });
      expect(told(await at("https://elsewhere.example"))).toBe("400 invalid_target");
      expect((await at("https://koppla.example")).status).toBe(200);
    });
  });

  test("an account with codes shows one, or a token that has cost one", async () => {
    const { machine } = await made({}, { totp: true });
    const missing = await exchange(machine, { subject_token: "anna" });
    expect(missing.body["error_description"]).toBe("totp required");
    const totp = house.totp(machine);
    expect((await exchange(machine, { subject_token: "anna", totp })).status).toBe(200);
    expect(told(await exchange(machine, { subject_token: "anna", totp }))).toBe("401 invalid_client");
    house.clock.advance(30_000);
    const own = await house.login(machine, { totp: house.totp(machine) });
    const actor = { actor_token: own["access_token"], actor_token_type: ACCESS_TOKEN };
    expect((await exchange(machine, { subject_token: "anna", ...actor })).status).toBe(200);
    const person = { actor_token: await actingToken(machine), actor_token_type: ACCESS_TOKEN };
    expect(told(await exchange(machine, { subject_token: "anna", ...person }))).toBe("400 invalid_request");
    const other = await agent();
    const theirs = {
      actor_token: (await house.login(other))["access_token"],
      actor_token_type: ACCESS_TOKEN,
    };
    expect(told(await exchange(machine, { subject_token: "anna", ...theirs }))).toBe("400 invalid_request");
  });

  test("three may act through each other, a fourth not", async () => {
    const anna = await house.user("anna");
    const machines = await Promise.all([agent(), agent(), agent(), agent()]);
    for (const machine of machines) await house.policy(machine, { users: ["anna"], life: "1h" });
    let { body } = await ownToken(anna);
    for (const machine of machines.slice(0, 3)) {
      const answer = await withToken(machine, body["access_token"]);
      expect(answer.status).toBe(200);
      body = answer.body as typeof body;
    }
    const [first, second, third, fourth] = machines as [Machine, Machine, Machine, Machine];
    expect((await house.me(body["access_token"])).body["actor"]).toMatchObject({
      client_id: third.clientId,
      actor: { client_id: second.clientId, actor: { client_id: first.clientId } },
    });
    expect(told(await withToken(fourth, body["access_token"]))).toBe("400 invalid_request");
    // Whoever stands in the middle goes on to count.
    await house.services.accounts.disable(by(), second.clientId);
    expect((await house.me(body["access_token"])).status).toBe(401);
  });

  test("a chain can do what all of its links can", async () => {
    const anna = await house.user("anna");
    const reader = await agent({ grants: [{ resource: "trainings", actions: ["read"] }, AGENT[1]] });
    const writer = await agent();
    for (const machine of [reader, writer]) await house.policy(machine, { users: ["anna"] });
    const own = await ownToken(anna);
    const first = await withToken(writer, own.body["access_token"], {
      scope: "trainings:read trainings:write",
    });
    expect((await withToken(reader, first.body["access_token"])).body).toMatchObject({
      scope: "trainings:read",
    });
  });

  describe("a token ends at once when", () => {
    const ends: [string, (all: Awaited<ReturnType<typeof made>>) => Promise<unknown>][] = [
      [
        "its policy is removed",
        ({ machine, policyId }) =>
          house.services.accounts.credentials.removePolicy(by(), machine.clientId, policyId),
      ],
      ["its account is disabled", ({ machine }) => house.services.accounts.disable(by(), machine.clientId)],
      [
        "its account may not impersonate any more",
        ({ machine }) => house.services.accounts.patch(by(), machine.clientId, { grants: [AGENT[0]] }),
      ],
      ["its user is disabled", ({ anna }) => house.services.users.disable(by(), anna.id)],
      [
        "its user becomes a manager",
        ({ anna }) => house.services.users.patch(by(), anna.id, { roles: ["personnel", "editor"] }),
      ],
      ["its user is deleted", ({ anna }) => house.services.users.remove(by(), anna.id)],
    ];
    test.each(ends)("%s", async (_, end) => {
      const all = await made();
      const { body } = await exchange(all.machine, { subject_token: "anna" });
      expect((await house.me(body["access_token"])).status).toBe(200);
      await end(all);
      expect((await house.me(body["access_token"])).status).toBe(401);
    });

    test("its user leaves the group that the policy names", async () => {
      const machine = await agent();
      const bo = await house.user("bo", { groups: ["economy"] });
      await house.policy(machine, { groups: ["economy"] });
      const { body } = await exchange(machine, { subject_token: "bo" });
      await house.services.users.patch(by(), bo.id, { groups: [] });
      expect((await house.me(body["access_token"])).status).toBe(401);
    });

    test("the tokens end from which it came, by reuse of a refresh token", async () => {
      const { machine, anna } = await made();
      const { client, body } = await ownToken(anna);
      const acting = await withToken(machine, body["access_token"]);
      const refresh = { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) };
      expect((await house.token(client, refresh)).status).toBe(200);
      expect((await house.me(acting.body["access_token"])).status).toBe(200);
      expect(told(await house.token(client, refresh))).toBe("400 invalid_grant");
      expect((await house.me(acting.body["access_token"])).status).toBe(401);
    });
  });

  test("what is taken from account or person is taken from the token at once", async () => {
    const { machine, anna } = await made();
    const { body } = await exchange(machine, { subject_token: "anna" });
    const grants = async () => (await house.me(body["access_token"])).body["grants"];
    expect(await grants()).toEqual([{ resource: "trainings", actions: ["read", "write"] }]);
    await house.services.users.patch(by(), anna.id, { roles: ["reader"] });
    expect(await grants()).toEqual([{ resource: "trainings", actions: ["read"] }]);
    await house.services.accounts.patch(by(), machine.clientId, {
      grants: [{ resource: "articles", actions: ["read"] }, AGENT[1]],
    });
    expect(await grants()).toEqual([]);
  });
});
