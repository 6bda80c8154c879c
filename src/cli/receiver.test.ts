import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { Command } from "commander";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Problem } from "../problem.ts";
import { register } from "./receiver.ts";
import { withServices } from "./services.ts";

let folder: string;
let config: string;
let account: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "koppla-receiver-"));
  config = join(folder, "koppla.yaml");
  const types = { trainings: { object: "training", key: "integer", schema: {} } };
  await Bun.write(config, JSON.stringify({ database: { url: "sqlite:./data/koppla.db" }, types }));
  account = await withServices({ config }, async ({ organisations, accounts }) => {
    const { id } = await organisations.create({ code: "demo", name: "Demo" });
    return (await accounts.create({ organisationId: id, name: "ERP", grants: [] })).clientId;
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `koppla ARGS -c FILE` in this process. @returns what it printed as its result */
async function koppla(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const stdout = spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  try {
    const program = new Command("koppla").exitOverride().configureOutput({ writeErr: () => {} });
    register(program);
    await program.parseAsync([...args, "-c", config], { from: "user" });
  } finally {
    stdout.mockRestore();
  }
  return printed.join("");
}

const create = (...more: string[]) => {
  const needed = [
    "--org",
    "demo",
    "--name",
    "Site",
    "--url",
    "https://partner.example/h",
    "--account",
    account,
  ];
  return koppla("receiver", "create", ...needed, ...more);
};

describe("koppla receiver create", () => {
  test("prints what was made, with its secret, as JSON", async () => {
    const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
    const topics = ["--topic", "Trainings.Update", "--topic", "Trainings.Destroy"];
    const made = JSON.parse(
      await create(...topics, "--format", "event", "--secret", secret, "--start", "beginning", "--json"),
    );
    expect(made).toMatchObject({
      name: "Site",
      url: "https://partner.example/h",
      topics: ["Trainings.Update", "Trainings.Destroy"],
      format: "event",
      enabled: true,
      secret,
    });
    const stored = await withServices({ config }, ({ store, receivers }) =>
      store.read((reader) => receivers.byId(reader, made.id)),
    );
    expect(stored).toMatchObject({ name: "Site", cursor: 0, keys: [{ value: new Uint8Array(32).fill(5), until: null }] });
  });

  test("prints id and secret for people", async () => {
    expect(await create("--topic", "*")).toMatch(/^id {6}[0-9a-f-]{36}\nsecret {2}whsec_\S+\n$/);
  });

  test("fails with what is wrong, and makes nothing", async () => {
    const failed = await create("--topic", "Nonesuch.*").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Problem);
    expect(String(failed)).toContain("topics[0]");
    expect(JSON.parse(await koppla("receiver", "list", "--org", "demo", "--json"))).toEqual([]);
  });

  test("needs a topic", async () => {
    expect(String(await create().catch((error: unknown) => error))).toContain("--topic");
  });
});

test("koppla receiver list shows an organisation's receivers without their secrets", async () => {
  const { secret, ...made } = JSON.parse(await create("--topic", "*", "--json"));
  expect(JSON.parse(await koppla("receiver", "list", "--org", "demo", "--json"))).toEqual([made]);
  const text = await koppla("receiver", "list", "--org", "demo");
  expect(text).toBe(`${made.id}\tenabled\thttps://partner.example/h\tSite\n`);
  expect(text).not.toContain(secret);
});
