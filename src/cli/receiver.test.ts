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
  const types = {
    trainings: { object: "training", key: "integer", schema: {}, filters: ["city", "institute_id"] },
  };
  await Bun.write(
    config,
    JSON.stringify({
      ...{ database: { url: "sqlite:./data/koppla.db" }, types },
      webhooks: { allow_targets: ["127.0.0.1"] },
    }),
  );
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
    expect(stored).toMatchObject({
      name: "Site",
      cursor: 0,
      keys: [{ value: new Uint8Array(32).fill(5), until: null }],
    });
  });

  test("prints id and secret for people", async () => {
    expect(await create("--topic", "*")).toMatch(/^id {6}[0-9a-f-]{36}\nsecret {2}whsec_\S+\n$/);
  });

  test("takes all that a receiver can have; what is secret, from a file", async () => {
    const settings = join(folder, "settings.json");
    const auth = {
      ...{ protocol: "oauth2", token_url: "https://login.example/t", client_id: "c", client_secret: "hush" },
    };
    await Bun.write(settings, JSON.stringify({ auth, bundle: { size: 7 }, name: "not this" }));
    const made = await create(
      ...["--topic", "*", "--json", "--settings", settings, "--format", "cloudevents", "--payload", "full"],
      ...[
        "--description",
        "More",
        "--retry",
        "persistent",
        "--header",
        "x-tenant: 7",
        "--metadata",
        "team=web",
      ],
      ...["--contact", "hooks@partner.example", "--filter", "institute_id=1", "--filter", "institute_id=2"],
      ...["--filter", "city=Umeå", "--ordered", "--rate", "100/1m", "--while-disabled", "drop"],
      ...["--signature", "v1a", "--disabled"],
    );
    expect(made).not.toContain("hush");
    expect(JSON.parse(made)).toMatchObject({
      ...{ name: "Site", format: "cloudevents", payload: "full", description: "More", retry: "persistent" },
      auth: {
        protocol: "oauth2",
        token_url: "https://login.example/t",
        client_id: "c",
        client_auth: "basic",
      },
      ...{ bundle: { size: 7 }, headers: { "x-tenant": "7" }, metadata: { team: "web" } },
      contact: "hooks@partner.example",
      content_filter: { institute_id: [1, 2], city: ["Umeå"] },
      ...{ ordered: true, rate: { requests: 100, window: "1m" }, while_disabled: "drop", signature: "v1a" },
      enabled: false,
    });
  });

  test.each([
    ["--rate", "100"],
    ["--header", "x-tenant"],
    ["--filter", "=1"],
    ["--settings", "nonesuch.json"],
    ["--tls-ca", "nonesuch.pem"],
  ])("says what is wrong with %s %s", async (option, value) => {
    const failed = await create("--topic", "*", option, value).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Problem);
    expect(String(failed)).toContain(option);
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

describe("koppla receiver, of one that there is,", () => {
  let id: string;
  let secret: string;
  const state = async () => JSON.parse(await koppla("receiver", "show", id));

  beforeEach(async () => {
    ({ id, secret } = JSON.parse(await create("--topic", "*", "--json")));
  });

  test("switches it off and on", async () => {
    expect(await koppla("receiver", "disable", id)).toBe(
      `${id}\tdisabled\thttps://partner.example/h\tSite\n`,
    );
    expect(await state()).toMatchObject({ enabled: false });
    expect(JSON.parse(await koppla("receiver", "enable", id, "--json"))).toMatchObject({ enabled: true });
  });

  test("gives it a new secret, beside the old one for as long as is said", async () => {
    const rotated = JSON.parse(await koppla("receiver", "rotate-secret", id, "--overlap", "2h", "--json"));
    expect(rotated.secret).toStartWith("whsec_");
    expect(rotated.secret).not.toBe(secret);
    const left = Date.parse(rotated.previous_until) - Date.now();
    expect(left).toBeGreaterThan(7_190_000);
    expect(left).toBeLessThanOrEqual(7_200_000);
    expect(await koppla("receiver", "rotate-secret", id, "--overlap", "0s")).toMatch(
      /^secret {2}whsec_\S+\n$/,
    );
  });

  test("removes it, and shows it still", async () => {
    expect(await koppla("receiver", "delete", id)).toBe(`Removed the receiver ${id}.\n`);
    expect(await state()).toMatchObject({ id, deleted_at: expect.any(String) });
    expect(JSON.parse(await koppla("receiver", "list", "--org", "demo", "--json"))).toEqual([]);
  });

  test("sends it a test, and says by its exit code what came of it", async () => {
    const arrived: Request[] = [];
    let status = 204;
    await using sink = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        arrived.push(request);
        return new Response(null, { status });
      },
    });
    const there = JSON.parse(
      await create("--topic", "*", "--url", `http://127.0.0.1:${sink.port}/h`, "--json"),
    );
    expect(await koppla("receiver", "test", there.id)).toMatch(/^delivered {2}204, \d+ ms\n$/);
    expect(process.exitCode ?? 0).toBe(0);
    status = 500;
    try {
      expect(JSON.parse(await koppla("receiver", "test", there.id, "--json"))).toMatchObject({
        ...{ status: "failed", status_code: 500, error: "status" },
      });
      expect(Number(process.exitCode)).toBe(1);
    } finally {
      process.exitCode = 0;
    }
    expect(arrived).toHaveLength(2);
    const log = await withServices({ config }, ({ store }) =>
      store.read((reader) => reader.query(({ db, t }) => db.select().from(t.deliveries))),
    );
    expect(log.map(({ topics, status: state }) => [...topics, state])).toEqual([
      ["Receivers.Test", "delivered"],
      ["Receivers.Test", "failed"],
    ]);
  });

  test("knows none by another id", async () => {
    const failed = await koppla("receiver", "enable", "nonesuch").catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "not_found" });
  });
});
