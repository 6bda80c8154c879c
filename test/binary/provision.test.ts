import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { type Koppla, onPostgres, prepareKoppla, run, startKoppla } from "./harness.ts";
import { Partner } from "./partner.ts";

type Sections = Record<string, unknown>;

/** Changes the YAML file of a server, which the harness writes as JSON. */
async function edit(koppla: Koppla, change: (config: Record<string, Sections>) => void): Promise<void> {
  const config: Record<string, Sections> = await Bun.file(koppla.configFile).json();
  change(config);
  await Bun.write(koppla.configFile, JSON.stringify(config));
}

interface Listed {
  items: { id: string; name: string; provisioned: boolean; enabled: boolean }[];
}

const provision = {
  organisations: [{ code: "demo", name: "Demo" }],
  accounts: [
    {
      ...{ organisation: "demo", name: "ERP", api_token_file: "./erp.token" },
      grants: [{ resource: "*", actions: ["*"] }],
    },
  ],
  users: [{ organisation: "demo", username: "anna", email: "anna@example.org", roles: ["administrator"] }],
  receivers: [
    {
      organisation: "demo",
      account: "ERP",
      name: "Site",
      url: "http://127.0.0.1:9/x",
      topics: ["Trainings.*"],
    },
  ],
};

async function provisioned(): Promise<{ koppla: Koppla; erp: Partner }> {
  const koppla = await prepareKoppla({ config: { provision } });
  const { stdout } = await run(["provision", "token"]);
  await Bun.write(join(koppla.dir, "erp.token"), stdout);
  return { koppla, erp: new Partner(koppla, "demo", stdout.trim(), "") };
}

test("a machine is set up by the YAML alone, and what stands there is changed nowhere else", async () => {
  const { koppla, erp } = await provisioned();
  await using _ = koppla;
  await koppla.start();
  const { items } = await erp.read<Listed>("/api/v1/receivers");
  expect(items).toMatchObject([{ name: "Site", provisioned: true, enabled: true }]);
  const accounts = await erp.read<Listed>("/api/v1/accounts");
  const users = await erp.read<Listed>("/api/v1/users");
  const calls: [string, string, unknown?][] = [
    ["PATCH", "/api/v1/organisations/demo", { name: "x" }],
    ["PATCH", `/api/v1/accounts/${accounts.items[0]?.id}`, { name: "x" }],
    ["DELETE", `/api/v1/accounts/${accounts.items[0]?.id}`],
    ["PATCH", `/api/v1/users/${users.items[0]?.id}`, { name: "x" }],
    ["PATCH", `/api/v1/receivers/${items[0]?.id}`, { name: "x" }],
    ["POST", `/api/v1/receivers/${items[0]?.id}/disable`],
    ["DELETE", `/api/v1/receivers/${items[0]?.id}`],
  ];
  for (const [method, path, json] of calls) {
    const response = await erp.api(path, { method, ...(json !== undefined && { json }) });
    const detail = "It is kept by koppla.yaml: change it there.";
    const told = [method, path, await response.json()];
    expect(told).toMatchObject([method, path, { status: 409, code: "conflict", detail }]);
  }
  const rotated = await erp.post(`/api/v1/receivers/${items[0]?.id}/rotate-secret`, {});
  expect(rotated.status).toBe(200);
  const cli = await koppla.cli("receiver", "disable", items[0]?.id ?? "");
  expect(cli).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("kept by koppla.yaml") });
});

test("another API token in the YAML ends what the one before has bought", async () => {
  const { koppla, erp } = await provisioned();
  await using _ = koppla;
  await koppla.start();
  const { items } = await erp.read<{ items: { client_id: string }[] }>("/api/v1/accounts");
  const bought = await fetch(`${koppla.url}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${items[0]?.client_id}:${erp.token}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await bought.json()) as { access_token: string };
  const status = async () => (await new Partner(koppla, "demo", token, "").get("/api/v1/me")).status;
  await koppla.restart();
  expect(await status()).toBe(200);
  const { stdout: next } = await run(["provision", "token"]);
  await Bun.write(join(koppla.dir, "erp.token"), next);
  await koppla.restart();
  expect(await status()).toBe(401);
  expect((await new Partner(koppla, "demo", next.trim(), "").get("/api/v1/me")).status).toBe(200);
});

test("check --diff tells what a start would do, before there is a database and after, and leaves no trace", async () => {
  const { koppla } = await provisioned();
  await using _ = koppla;
  interface Checked {
    changes: { action: string; name: string }[];
  }
  const changes = async () =>
    (await koppla.cliJson<Checked>("check", "--diff")).changes.map(({ action, name }) => `${action} ${name}`);
  expect(await changes()).toEqual(["create demo", "create demo/ERP", "create demo/anna", "create demo/Site"]);
  expect(existsSync(join(koppla.dir, "data"))).toBe(false);
  await koppla.start();
  expect(await changes()).toEqual([]);
  await edit(koppla, (config) => void (config["provision"] = { ...provision, receivers: [] }));
  expect(await changes()).toEqual(["disable Site"]);
  const { stdout } = await koppla.cli("check", "--diff");
  expect(stdout).toContain("- disable receiver Site");
  await koppla.restart();
  expect(await changes()).toEqual([]);
});

test("what cannot be provisioned is told by check and by serve, with exit code 78 and every place", async () => {
  const { koppla } = await provisioned();
  await using _ = koppla;
  await edit(koppla, (config) => {
    config["provision"] = {
      ...provision,
      users: [{ organisation: "demo", username: "a b", email: "a@example.org", roles: ["nobody"] }],
    };
  });
  for (const command of ["check", "serve"]) {
    const { exitCode, stderr } = await koppla.cli(command);
    expect([command, exitCode]).toEqual([command, 78]);
    expect(stderr).toContain("provision.users[0].username: must be");
    expect(stderr).toContain("provision.users[0].roles[0]: there is no role nobody");
  }
});

test.if(!onPostgres)(
  "a second server on the same SQLite database is refused, and told who has it",
  async () => {
    await using koppla = await startKoppla({ organisation: false });
    const second = await koppla.cli("serve");
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain(`in use by koppla serve: process ${koppla.pid}, since 20`);
    expect(second.stderr).toContain(join(koppla.dir, "data", "koppla.sock"));
    await koppla.kill9();
    await koppla.start();
  },
);
