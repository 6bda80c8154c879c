/** Users as sysadmins and programs see them: the command line, and `/api/v1/users`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";

import { type Koppla, LONG_TEST_MS, onPostgres, prepareKoppla, run, startKoppla } from "./harness.ts";
import { Browser, makeSite, makeUser, PASSWORD, type UserJson } from "./person.ts";

const roles = {
  reader: { grants: [{ resource: "trainings", actions: ["read"] }] },
  personnel: { grants: [{ resource: "users", actions: ["manage"] }] },
};

let koppla: Koppla;
let names = 0;
const newName = () => `user${++names}`;

beforeAll(async () => {
  koppla = await startKoppla({ config: { roles } });
}, LONG_TEST_MS);
afterAll(() => koppla.dispose());

/** `koppla user ARGS`, with a password on standard input. */
function user(args: string[], input = "", house = koppla) {
  return run(["user", ...args, "-c", house.configFile, "--org", "demo"], { cwd: house.dir, input });
}

describe("koppla user", () => {
  test("create tells what was made, and the secret of TOTP once", async () => {
    const username = newName();
    const email = "anna@example.org";
    const args = [
      "create",
      "--username",
      username,
      "--email",
      email,
      "--role",
      "reader",
      "--group",
      "economy",
    ];
    const { stdout, stderr, exitCode } = await user(
      [...args, "--totp", "--password-stdin", "--json"],
      PASSWORD,
    );
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const made = JSON.parse(stdout);
    expect(made).toEqual({
      ...{ id: expect.any(String), username, email, name: "", roles: ["reader"], groups: ["economy"] },
      email_verified_at: null,
      totp: {
        secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
        otpauth_uri: expect.stringContaining(`:${username}?secret=${made.totp.secret}&issuer=`),
        qr_svg: expect.stringMatching(/^<svg/),
      },
      ...{ enabled: true, created_at: expect.any(String), modified_at: expect.any(String) },
      ...{ last_login_at: null, provisioned: false },
    });
    const shown = await koppla.demo.read<object>(`/api/v1/users/${made.id}`);
    expect(shown).toEqual({ ...made, totp: true });
    expect(stdout).not.toContain(PASSWORD);
  });

  test("says to people what it says to programs", async () => {
    const username = newName();
    const args = ["create", "--username", username, "--email", "b@example.org", "--totp"];
    const { stdout, stderr, exitCode } = await user(args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Made the user user\d+\.\nsecret {6}[A-Z2-7]{32}\notpauth uri otpauth:\/\/totp\//,
    );
    expect(stderr).toContain("█");
    const list = await user(["list"]);
    expect(list.stdout).toContain(`${username}\tb@example.org\t-\tenabled\n`);
  });

  const mistakes: [string, string[], string, RegExp][] = [
    ["an unknown role", ["--role", "raeder"], PASSWORD, /there is no role raeder.*did you mean "reader"\?/],
    ["a short password", [], "short", /password: must have at least 12 characters/],
    ["an empty password", [], "", /password: must have at least 12 characters/],
    ["no e-mail address", ["--email", "anna"], PASSWORD, /email: must be an e-mail address/],
    ["a name with a space", ["--username", "anna a"], PASSWORD, /username: must be 1 to 100 letters/],
  ];
  test.each(mistakes)("create refuses %s, and makes nothing", async (_, more, password, message) => {
    const username = newName();
    const args = ["create", "--username", username, "--email", "a@example.org", "--password-stdin"];
    const { stdout, stderr, exitCode } = await user([...args, ...more], password);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toMatch(message);
    const { stdout: list } = await user(["list", "--json"]);
    expect(JSON.parse(list).map((one: UserJson) => one.username)).not.toContain(username);
  });

  test(
    "changes what there is, and knows what there is not",
    async () => {
      const { username, id } = await makeUser(koppla, "demo", newName());
      const shown = async () =>
        await koppla.demo.read<{ enabled: boolean; totp: boolean }>(`/api/v1/users/${id}`);
      const named = ["--username", username];
      expect((await user(["disable", ...named])).stdout).toBe(`The user ${username} is locked out.\n`);
      expect((await shown()).enabled).toBe(false);
      expect(JSON.parse((await user(["enable", ...named, "--json"])).stdout)).toEqual({ username });
      expect((await shown()).enabled).toBe(true);
      const totp = JSON.parse((await user(["totp", ...named, "--json"])).stdout);
      expect(totp.secret).toMatch(/^[A-Z2-7]{32}$/);
      expect((await shown()).totp).toBe(true);
      await user(["totp", ...named, "--off"]);
      expect((await shown()).totp).toBe(false);
      expect((await user(["password", ...named, "--password-stdin"], "another long password")).exitCode).toBe(
        0,
      );
      expect((await user(["password", ...named, "--password-stdin"], username)).exitCode).toBe(1);
      expect((await user(["delete", ...named])).exitCode).toBe(0);
      const gone = await user(["delete", ...named]);
      expect([gone.exitCode, gone.stderr]).toEqual([
        1,
        expect.stringContaining(`There is no user ${username}.`),
      ]);
    },
    LONG_TEST_MS,
  );

  test(
    "works while no server runs",
    async () => {
      const house = await prepareKoppla();
      try {
        await house.cliJson("organisation", "create", "--code", "demo", "--name", "Demo");
        await makeUser(house, "demo", "anna", "--role", "administrator");
        expect((await user(["list"], "", house)).stdout).toStartWith(
          "anna\tanna@example.org\tadministrator\tenabled",
        );
      } finally {
        await house.dispose();
      }
    },
    LONG_TEST_MS,
  );
});

describe("/api/v1/users", () => {
  const create = (body: object, partner = koppla.demo) => partner.post("/api/v1/users", body);
  const person = (more: object = {}) => ({ username: newName(), email: "a@example.org", ...more });

  test("makes a user with 201, its address, and nothing to be kept by a cache", async () => {
    const response = await create(person({ password: PASSWORD, totp: true }));
    const made = JSON.parse(await response.text());
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`https://koppla.example/api/v1/users/${made.id}`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(Object.keys(made)).not.toContain("password");
  });

  test("tells everything that is wrong at once", async () => {
    const body = {
      ...{ username: "", email: "x", name: 7, password: "short", roles: ["nonesuch"], groups: "all" },
      ...{ admin: true, totp: "yes" },
    };
    const response = await create(body);
    const { violations } = JSON.parse(await response.text());
    expect(response.status).toBe(422);
    expect(violations.map(({ field }: { field: string }) => field)).toEqual([
      ...["username", "email", "name", "password", "roles[0]", "groups", "admin", "totp"],
    ]);
  });

  test("does not change a username, nor take a password where it does not belong", async () => {
    const { id } = await makeUser(koppla, "demo", newName());
    for (const body of [{ username: "x" }, { password: PASSWORD }, { enabled: false }, { totp: true }]) {
      expect((await koppla.demo.patch(`/api/v1/users/${id}`, body)).status).toBe(422);
    }
  });

  test(
    "gives nobody more than who asks has himself, and lets him touch nobody mightier",
    async () => {
      const personnel = await koppla.account("demo", ["users:manage"]);
      expect((await create(person({ roles: ["personnel"] }), personnel)).status).toBe(201);
      for (const roles of [["administrator"], ["reader"], ["personnel", "reader"]])
        expect((await create(person({ roles }), personnel)).status).toBe(403);
      const boss = await makeUser(koppla, "demo", newName(), "--role", "administrator");
      const path = `/api/v1/users/${boss.id}`;
      const attempts = [
        personnel.patch(path, { email: "evil@example.org" }),
        personnel.post(`${path}/password`, { password: "known to the attacker" }),
        personnel.post(`${path}/totp`, {}),
        personnel.delete(`${path}/totp`),
        personnel.post(`${path}/disable`, {}),
        personnel.delete(path),
      ];
      for (const response of await Promise.all(attempts)) expect(response.status).toBe(403);
      const { items } = await koppla.demo.read<{ items: { detail: unknown }[] }>(
        "/api/v1/audit?action=access.denied&limit=500",
      );
      expect(items.map(({ detail }) => detail)).toContainEqual(
        expect.objectContaining({ grant: "users:manage", path: `${path}/password` }),
      );
    },
    LONG_TEST_MS,
  );

  test("wants the grant, also only to look", async () => {
    const powerless = await koppla.account("demo", ["trainings:read"]);
    const looker = await koppla.account("demo", ["users:read"]);
    expect((await powerless.get("/api/v1/users")).status).toBe(403);
    expect((await looker.get("/api/v1/users")).status).toBe(200);
    expect((await create(person(), looker)).status).toBe(403);
  });

  test("knows nobody of another organisation", async () => {
    const { id } = await makeUser(koppla, "demo", newName());
    const stranger = await koppla.partner("strangers");
    const path = `/api/v1/users/${id}`;
    const attempts = [
      stranger.get(path),
      stranger.patch(path, { name: "x" }),
      stranger.post(`${path}/password`, { password: PASSWORD }),
      stranger.delete(path),
    ];
    for (const response of await Promise.all(attempts)) expect(response.status).toBe(404);
  });
});

describe("what speaks for a person", () => {
  /** An access token that the person allowed. */
  async function tokenOf(username: string, scope: string): Promise<string> {
    const grants = [{ resource: "*", actions: ["*"] }];
    const site = await makeSite(koppla, { grants });
    const browser = new Browser();
    const consent = await browser.login(site.link({ scope }), username, PASSWORD);
    const { location } = await browser.submit(consent, "consent", { decision: "allow" });
    const code = new URL(location ?? "").searchParams.get("code") ?? "";
    const { access_token } = JSON.parse(await (await site.exchange(code)).text());
    return access_token;
  }
  const call = (token: string, path: string, json?: object) =>
    fetch(koppla.url + path, {
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(json && { method: "POST", body: JSON.stringify(json) }),
    });

  test(
    "is worth nothing from the moment that the person is disabled, for good",
    async () => {
      const { id, username } = await makeUser(koppla, "demo", newName(), "--role", "reader");
      let token = await tokenOf(username, "trainings:read");
      const status = async () => (await call(token, "/api/v1/trainings")).status;
      expect(await status()).toBe(200);
      await koppla.demo.send("POST", `/api/v1/users/${id}/disable`, {}, 200);
      expect(await status()).toBe(401);
      await koppla.demo.send("POST", `/api/v1/users/${id}/enable`, {}, 200);
      expect(await status()).toBe(401);
      token = await tokenOf(username, "trainings:read");
      expect(await status()).toBe(200);
      await koppla.demo.send("PATCH", `/api/v1/users/${id}`, { roles: [] }, 200);
      expect(await status()).toBe(403);
      await user(["delete", "--username", username]);
      // The command line is another process: PostgreSQL is asked each time, SQLite's counter is looked at every 5 ms.
      if (!onPostgres) await Bun.sleep(20);
      expect(await status()).toBe(401);
    },
    LONG_TEST_MS,
  );

  test(
    "changes the person's own password, who knows the old one, and nobody else's",
    async () => {
      const { id, username } = await makeUser(koppla, "demo", newName(), "--role", "reader");
      const other = await makeUser(koppla, "demo", newName(), "--role", "reader");
      const token = await tokenOf(username, "trainings:read");
      const change = (whose: string, body: object) => call(token, `/api/v1/users/${whose}/password`, body);
      const password = "battery staple correct";
      expect((await change(id, { password })).status).toBe(422);
      expect((await change(id, { password, current_password: "not this one" })).status).toBe(422);
      expect((await change(other.id, { password, current_password: PASSWORD })).status).toBe(403);
      expect((await change(id, { password, current_password: PASSWORD })).status).toBe(204);
      // What had the old one's trust has to ask again.
      expect((await change(id, { password, current_password: password })).status).toBe(401);
    },
    LONG_TEST_MS,
  );

  test(
    "does not change the password of whom it only acts for",
    async () => {
      const { id, username } = await makeUser(koppla, "demo", newName(), "--role", "reader");
      const actor = await koppla.account("demo", ["*:*"]);
      const policy = { users: [username], scopes: ["*:*"] };
      const path = `/api/v1/accounts/${actor.clientId}/impersonation-policies`;
      await koppla.demo.send("POST", path, policy, 201);
      const answer = await fetch(`${koppla.url}/oauth/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${actor.clientId}:${actor.token}`)}` },
        body: new URLSearchParams({
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          subject_token: username,
          subject_token_type: "urn:koppla:token-type:username",
        }),
      });
      const { access_token: token } = JSON.parse(await answer.text());
      expect((await call(token, "/api/v1/trainings")).status).toBe(200);
      const body = { password: "battery staple correct", current_password: PASSWORD };
      expect((await call(token, `/api/v1/users/${id}/password`, body)).status).toBe(403);
      expect((await call(token, "/api/v1/users")).status).toBe(403);
    },
    LONG_TEST_MS,
  );

  test(
    "a code of the secret that was replaced is worth nothing",
    async () => {
      const { id, username, totp } = await makeUser(koppla, "demo", newName(), "--role", "reader", "--totp");
      if (!totp) throw new Error("no secret was told");
      const fresh = await koppla.demo.send<{ secret: string }>("POST", `/api/v1/users/${id}/totp`, {}, 200);
      const site = await makeSite(koppla);
      const browser = new Browser();
      const asked = await browser.submit(await browser.get(site.link()), "login", {
        username,
        password: PASSWORD,
      });
      expect(
        (await browser.submit(asked, "code", { code: generateSync({ secret: fresh.secret }) })).status,
      ).toBe(303);
      const second = new Browser();
      const again = await second.submit(await second.get(site.link()), "login", {
        username,
        password: PASSWORD,
      });
      expect(
        (await second.submit(again, "code", { code: generateSync({ secret: totp.secret }) })).status,
      ).toBe(403);
    },
    LONG_TEST_MS,
  );
});
