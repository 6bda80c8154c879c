import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { newToken } from "../../src/accounts/tokens.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/types.ts";
import { wishesOf } from "../../src/provision/of-config.ts";
import { preview } from "../../src/provision/preview.ts";
import { openServices, type Services } from "../../src/services.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const TOKEN = newToken();
const TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const provisions = () => ({
  organisations: [{ code: "demo", name: "Demo", password: "a password" }],
  accounts: [
    {
      ...{ organisation: "demo", name: "ERP", api_token: TOKEN, totp_secret: TOTP },
      grants: [{ resource: "trainings", actions: ["read"] }],
    },
  ],
  users: [
    {
      ...{ organisation: "demo", username: "anna", email: "anna@example.org" },
      ...{ roles: ["administrator"], password: "a long sentence of hers 7" },
    },
  ],
  impersonation_policies: [
    { organisation: "demo", account: "ERP", users: ["anna"], scopes: ["trainings:read"] },
  ],
  receivers: [
    {
      ...{ organisation: "demo", account: "ERP", name: "Site", url: "https://p.example/hooks/geheim" },
      ...{ topics: ["Trainings.*"], headers: { "x-key": "secret header" } },
      auth: { protocol: "bearer", token: "secret-bearer" },
    },
  ],
});

type Provisions = ReturnType<typeof provisions>;

describe.each(databases)("koppla.yaml's provisions on %s", (kind) => {
  let database: TestDatabase;
  let folder: string;
  const opened: Services[] = [];

  beforeEach(async () => {
    database = await makeDatabase(kind);
    folder = await mkdtemp(join(tmpdir(), "koppla-provision-"));
  });
  afterEach(async () => {
    for (const services of opened.splice(0)) await services.close();
    await database.remove();
    await rm(folder, { recursive: true });
  });

  const configOf = async (change: (given: Provisions) => unknown = (given) => given): Promise<Config> => {
    const given = provisions();
    const types = { trainings: { object: "training", key: "integer" } };
    const file = join(folder, "koppla.yaml");
    const yaml = { types, provision: change(given) ?? given };
    await Bun.write(file, JSON.stringify(yaml));
    const config = await loadConfig(file, {});
    return { ...config, database: database.options };
  };
  const open = async (config: Config): Promise<Services> => {
    const services = await openServices(config);
    opened.push(services);
    return services;
  };
  const apply = async (services: Services, config: Config) =>
    (await services.provisioning.apply(wishesOf(config))).map(
      ({ action, kind: of, name }) => `${action} ${of} ${name}`,
    );

  test("are made once, and a second start finds nothing to do", async () => {
    const config = await configOf();
    const services = await open(config);
    expect(await apply(services, config)).toEqual([
      "create organisation demo",
      "create account demo/ERP",
      "create user demo/anna",
      "create impersonation_policy demo/ERP",
      "create receiver demo/Site",
    ]);
    expect(await apply(services, config)).toEqual([]);
    const { id } = await services.organisations.byCode("demo");
    expect(await services.organisations.get(id)).toMatchObject({ provisioned: true, password: true });
    const [account] = (await services.accounts.list(id, { limit: 9 })).items;
    expect(account).toMatchObject({ provisioned: true, totp: true, tokens: [{ label: "koppla.yaml" }] });
    expect((await services.users.list(id, { limit: 9 })).items).toMatchObject([{ provisioned: true }]);
    const right = await services.organisationPasswords.check("demo", "a password", null);
    expect(right).toMatchObject({ code: "demo" });
    const refused = await services.accounts.admit(TOKEN, null);
    expect(refused).toMatchObject({ denied: "code required" });
  });

  test("are brought up to date, with the passwords and tokens that have changed alone", async () => {
    const services = await open(await configOf());
    await apply(services, await configOf());
    const next = newToken();
    const config = await configOf((given) => {
      const [organisation] = given.organisations;
      const [account] = given.accounts;
      const [receiver] = given.receivers;
      if (!organisation || !account || !receiver) throw new Error("there is none");
      Object.assign(organisation, { name: "Another", password: "another password" });
      Object.assign(account, { api_token: next, grants: [{ resource: "trainings", actions: ["write"] }] });
      Object.assign(receiver, { auth: { protocol: "none" } });
      return given;
    });
    const steps = await services.provisioning.apply(wishesOf(config));
    expect(steps.map(({ name, changes }) => [name, ...changes.map(({ field }) => field)])).toEqual([
      ["demo", "name", "password"],
      ["demo/ERP", "grants", "api_token"],
      ["demo/Site", "auth"],
    ]);
    expect(JSON.stringify(steps)).not.toMatch(/password"?:|secret|koppla_|geheim/);
    expect(await services.accounts.admit(TOKEN, null)).toMatchObject({ denied: "unknown token" });
    expect(await services.accounts.admit(next, null)).toMatchObject({ denied: "code required" });
    const right = await services.organisationPasswords.check("demo", "another password", null);
    expect(right).toMatchObject({ name: "Another" });
    expect(await apply(services, config)).toEqual([]);
  });

  test("are disabled when they are taken out, never deleted, and come back as they were", async () => {
    const config = await configOf();
    const services = await open(config);
    await apply(services, config);
    const { id } = await services.organisations.byCode("demo");
    const before = (await services.receivers.list(id, { limit: 9 })).items[0];
    const nothing = await configOf(() => ({}));
    expect(await apply(services, nothing)).toEqual([
      "disable receiver Site",
      "disable impersonation_policy ERP",
      "disable user anna",
      "disable account ERP",
      "disable organisation demo",
    ]);
    expect(await apply(services, nothing)).toEqual([]);
    const [account] = (await services.accounts.list(id, { limit: 9 })).items;
    expect(account).toMatchObject({ enabled: false, provisioned: false, tokens: [] });
    expect((await services.users.list(id, { limit: 9 })).items).toMatchObject([{ enabled: false }]);
    const policies = await services.store.read((reader) =>
      services.accounts.policies(reader, account?.id ?? ""),
    );
    expect(policies).toEqual([]);
    expect(await services.organisationPasswords.check("demo", "a password", "192.0.2.1")).toMatchObject({
      denied: "address not allowed",
    });
    expect(await apply(services, config)).toHaveLength(5);
    const after = (await services.receivers.list(id, { limit: 9 })).items[0];
    expect(after).toMatchObject({ id: before?.id, enabled: true, disabled_reason: null, provisioned: true });
    expect((await services.accounts.list(id, { limit: 9 })).items).toMatchObject([{ enabled: true }]);
  });

  test("keep what was made by hand under the same name", async () => {
    const config = await configOf();
    const services = await open(config);
    const { id } = await services.organisations.create({ code: "demo", name: "By hand" });
    const { clientId } = await services.accounts.create({ organisationId: id, name: "ERP", grants: [] });
    expect((await apply(services, config)).slice(0, 2)).toEqual([
      "keep organisation demo",
      "keep account demo/ERP",
    ]);
    const { items } = await services.accounts.list(id, { limit: 9 });
    expect(items).toMatchObject([{ client_id: clientId, provisioned: true, totp: true }]);
  });

  test("leave a receiver alone that the server has disabled, which may then be enabled by hand", async () => {
    const config = await configOf();
    const services = await open(config);
    await apply(services, config);
    const { id } = await services.organisations.byCode("demo");
    const [receiver] = (await services.receivers.list(id, { limit: 9 })).items;
    await services.receivers.disableByServer(receiver?.id ?? "", "The receiver answered 410 Gone.");
    expect(await apply(services, config)).toEqual([]);
    expect((await services.receivers.get(id, receiver?.id ?? "")).enabled).toBe(false);
  });

  test("of two servers that start at once are made by one of them", async () => {
    const config = await configOf();
    const servers = [await open(config), await open(config)];
    const done = await Promise.all(servers.map((services) => apply(services, config)));
    expect(done.map((steps) => steps.length).toSorted()).toEqual([0, 5]);
    const [one] = servers;
    if (!one) throw new Error("there is none");
    const { id } = await one.organisations.byCode("demo");
    expect((await one.accounts.list(id, { limit: 9 })).items).toHaveLength(1);
    expect((await one.receivers.list(id, { limit: 9 })).items).toHaveLength(1);
  });

  test("can be looked at beforehand, without a trace in the database", async () => {
    const config = await configOf();
    const steps = await preview(config);
    expect(steps.map(({ action }) => action)).toEqual(["create", "create", "create", "create", "create"]);
    const services = await open(config);
    expect(await services.organisations.all()).toEqual([]);
    await apply(services, config);
    expect(await preview(config)).toEqual([]);
    const without = await configOf(({ receivers: _, ...given }) => given);
    expect((await preview(without)).map(({ action, name }) => `${action} ${name}`)).toEqual(["disable Site"]);
    const { id } = await services.organisations.byCode("demo");
    expect((await services.receivers.list(id, { limit: 9 })).items).toMatchObject([{ enabled: true }]);
  });

  test("that cannot be are told with their place, all at once", async () => {
    const config = await configOf((given) => ({
      ...given,
      users: [{ organisation: "demo", username: "a b", email: "a@example.org", roles: ["nobody"] }],
      receivers: given.receivers.map((receiver) => ({ ...receiver, topics: ["Nothing.*"] })),
    }));
    expect(() => wishesOf(config)).toThrow(
      /provision\.users\[0\]\.username.*\n.*users\[0\].roles.*\n.*receivers\[0\]\.topics/,
    );
  });

  test("that speak of what is not there change nothing", async () => {
    const config = await configOf((given) => ({ ...given, accounts: [] }));
    const services = await open(config);
    expect(apply(services, config)).rejects.toThrow("the account demo/ERP, which there is not");
    await Promise.allSettled([apply(services, config)]);
    expect(await services.organisations.all()).toEqual([]);
  });
});
