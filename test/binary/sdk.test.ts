/**
 * The client kits: both are built and installed as a partner would, without a network; the first scripts of their READMEs
 * and a script of everything they can do run against the executable, and must come to the same.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Contract, type OpenApi } from "./contract.ts";
import { binary, type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { SdkProxy } from "./sdk/proxy.ts";

const root = join(import.meta.dir, "../..");
const sdk = join(root, "sdk");
const tsc = join(root, "node_modules/.bin/tsc");
const hasPython = Bun.which("python3") !== null;
const hasPip = hasPython && Bun.spawnSync(["python3", "-m", "pip", "--version"]).success;
const hasNode = Bun.which("node") !== null && Bun.which("npm") !== null;
if (!hasPython) console.warn("sdk: the kit for Python is not run, for want of python3");
else if (!hasPip) console.warn("sdk: the kit for Python is run from its folder, for want of pip");
if (!hasNode) console.warn("sdk: the kit for TypeScript is not run, for want of node and npm");

let folder: string;
let koppla: Koppla;
let document: OpenApi;
let sink: TestReceiver;
/** Where the kits are told that the server is, and where its logins say that it is. */
let front: SdkProxy;
let named: SdkProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-sdk-"));
  [front, named] = await Promise.all([SdkProxy.start(), SdkProxy.start()]);
  sink = new TestReceiver({
    answer: async (_, { path }) => {
      // Longer than the access token of the one who waits for it.
      if (path === "/slow") await Bun.sleep(2_000);
      return 204;
    },
  });
  const action = (path: string) => ({
    input: { type: "object", required: ["sizing"] },
    run: { http: { method: "POST", url: sink.url(path) } },
  });
  koppla = await startKoppla({
    config: {
      server: { listen: "127.0.0.1:0", public_url: named.url },
      actions: { extend: action("/slow"), resize: action("/quick") },
    },
  });
  front.target = named.target = koppla.url;
  document = JSON.parse(await (await fetch(`${koppla.url}/openapi.json`)).text());
  front.contract = named.contract = new Contract(document);
});
afterAll(async () => {
  await koppla.dispose();
  front.stop();
  named.stop();
  await sink.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

async function runIn(cwd: string, command: string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = Bun.spawn(command, {
    ...{ cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 60_000 },
    env: { ...process.env, NO_COLOR: "1", PYTHONDONTWRITEBYTECODE: "1", ...env },
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

/** @returns what was printed; a command that fails fails the test with what it said */
async function ran(cwd: string, command: string[], env?: Record<string, string>): Promise<string> {
  const { exitCode, stdout, stderr } = await runIn(cwd, command, env);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

/** A block of a README: what is in it, and what is said of its language. */
const block = (kit: string, after: string): string => {
  const found = new RegExp(`^\`\`\`${after}\\n(.*?)^\`\`\`$`, "ms").exec(
    readFileSync(join(sdk, kit, "README.md"), "utf8"),
  );
  if (!found?.[1]) throw new Error(`the README of ${kit} has no block ${after}`);
  return found[1];
};

interface MadeAccount {
  client_id: string;
  token: string;
  totp?: { secret: string };
}

interface Kit {
  name: "python" | "typescript";
  /** The first script's block, and the file that it becomes. */
  first: [block: string, file: string];
  exercise: string;
  command: (file: string) => string[];
  env: () => Record<string, string>;
}

const python: Kit = {
  name: "python",
  first: ["python first.py", "first.py"],
  exercise: "exercise.py",
  command: (file) => ["python3", file],
  env: () => ({ PYTHONPATH: hasPip ? join(folder, "python") : join(sdk, "python/src") }),
};
const typescript: Kit = {
  name: "typescript",
  first: ["js first.mjs", "first.mjs"],
  exercise: "exercise.mjs",
  command: (file) => ["node", file],
  env: () => ({}),
};

describe("the kits are built without a network:", () => {
  test.if(hasPip)(
    "pip installs the one for Python",
    async () => {
      const pip = ["python3", "-m", "pip", "install", "--no-index", "--disable-pip-version-check"];
      const target = ["--target", join(folder, "python"), "--root-user-action=ignore"];
      await ran(folder, [...pip, ...target, join(sdk, "python")]);
      const at = await ran(folder, ["python3", "-c", "import koppla; print(koppla.__file__)"], python.env());
      expect(at.trim()).toBe(join(folder, "python/koppla/__init__.py"));
    },
    LONG_TEST_MS,
  );

  test.if(hasNode)(
    "tsc builds the one for TypeScript, and npm installs it",
    async () => {
      const copy = join(folder, "sdk-typescript");
      await cp(join(sdk, "typescript"), copy, { recursive: true });
      await ran(copy, [tsc, "-p", "."]);
      await Bun.write(join(folder, "package.json"), '{"private":true,"type":"module"}');
      await ran(folder, ["npm", "install", "--offline", "--no-audit", "--no-fund", copy]);
    },
    LONG_TEST_MS,
  );
});

for (const kit of [python, typescript]) {
  const isThere = kit === python ? hasPython : hasNode;

  describe(`the kit for ${kit.name}`, () => {
    test.if(isThere)(
      "runs the first script of its README, with an account that has one-time codes",
      async () => {
        const organisation = `first-${kit.name}`;
        await koppla.partner(organisation);
        const account = await koppla.cliJson<MadeAccount>(
          ...["account", "create", "--org", organisation, "--name", "First", "--totp"],
          ...["--grant", "trainings:read,write"],
        );
        const [code, file] = kit.first;
        const script = block(kit.name, code);
        expect(script.trim().split("\n").length).toBeLessThanOrEqual(11);
        await Bun.write(join(folder, file), script);
        const printed = await ran(folder, kit.command(file), {
          ...kit.env(),
          KOPPLA_URL: front.url,
          KOPPLA_CLIENT_ID: account.client_id,
          KOPPLA_TOKEN: account.token,
          KOPPLA_TOTP_SECRET: account.totp?.secret ?? "",
        });
        expect(printed).toBe(block(kit.name, "text"));
      },
      LONG_TEST_MS,
    );

    test.if(isThere)(
      "does what it says, and the other one does the same",
      async () => {
        const printed = await exercise(kit);
        const told: unknown = JSON.parse(printed);
        expect(told).toEqual(expected);
        expect(named.faults).toEqual([]);
      },
      LONG_TEST_MS,
    );
  });
}

/** Runs a kit's exercise in an organisation of its own. */
async function exercise(kit: Kit): Promise<string> {
  const organisation = `exercise-${kit.name}`;
  const partner = await koppla.partner(organisation);
  const account = await koppla.cliJson<MadeAccount>(
    ...["account", "create", "--org", organisation, "--name", "Exercise", "--totp", "--grant", "*:*"],
  );
  const grants = [{ resource: "trainings", actions: ["read"] }];
  const short = await partner.send<MadeAccount>(
    ...(["POST", "/api/v1/accounts"] as const),
    { name: "Short", grants, token: { life: "1s", refresh: true } },
    201,
  );
  const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  const path = `/${kit.name}`;
  const { id: receiver } = await createReceiver(partner, sink.url(path), {
    ...{ topics: ["Institutes.*"], secret: hookSecret },
  });
  await put(partner, "institutes/7", { name: "Hermods" });
  const hook = await sink.waitFor("the webhook", (requests) => requests.find((one) => one.path === path));

  const file = join(folder, kit.exercise);
  await Bun.write(file, readFileSync(join(import.meta.dir, "sdk", kit.exercise), "utf8"));
  return await ran(folder, kit.command(file), {
    ...kit.env(),
    KOPPLA_URL: front.url,
    PROXY: named.url,
    GIVEN: JSON.stringify({
      ...{ client_id: account.client_id, token: account.token, secret: account.totp?.secret },
      ...{ receiver, hook_secret: hookSecret, other_secret: otherSecret },
      short: { client_id: short.client_id, token: short.token },
    }),
    HOOK: JSON.stringify({ headers: hook.headers, body: hook.body }),
  });
}

const changed = (...ids: number[]) => ids.map((id) => ["update", id]);

/** What comes of the exercise, whichever the language. */
const expected = {
  me: "account",
  pushed: ["created", "created", "created", "created", "created"],
  again: ["unchanged", "updated"],
  all: [5, 4, 3, 2, 1],
  page: [[1, 2], 3],
  created: 1,
  filtered: [9],
  patched: "Nyare",
  stale: "precondition_failed",
  put: "Satt",
  got: "Satt",
  gone: "not_found",
  later: [],
  skipped: ["created", "rejected"],
  invalid: [422, [{ field: "[1].name", message: "is missing" }], true],
  conflict: 409,
  unauthorized: 401,
  login: "invalid_client",
  nobody: "Unreachable",
  once: 20,
  waited: "account",
  dry: "Torr",
  ignored: true,
  read: 1,
  ran: "SUCCESS",
  unfit: 422,
  recovered: ["SUCCESS", "receivers.recover"],
  progress: ["IN_PROGRESS", "SUCCESS"],
  taken_up: true,
  listed: true,
  cancel: 409,
  running: "StillRunning",
  changes: [
    ...changed(1, 3, 4, 5, 2),
    ...[
      ["destroy", 9],
      ["update", 10],
      ["destroy", 20],
      ["update", 31],
    ],
  ],
  news: 40,
  since: [],
  verified: { changes: [{ action: "update", object: "institute", id: 7, url: expect.any(String) }] },
  forged: "the webhook's signature is not the server's",
  unsigned: "the webhook is not signed",
  old: "the webhook is too old, or from the future: is the clock right?",
  foreign: "the webhook's signature is not the server's",
  // More than once where the machine is slow.
  renewed: expect.stringMatching(/^client_credentials( refresh_token)+$/),
};

test.if(hasPython)("a script without any kit logs in, orders, follows, and refreshes its token", async () => {
  const page = readFileSync(join(root, "docs/partners/first-script.md"), "utf8");
  const script = /^```python order\.py\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  const partner = await koppla.partner("order");
  const account = await partner.send<MadeAccount>(
    ...(["POST", "/api/v1/accounts"] as const),
    {
      ...{ name: "Order", token: { life: "2s", refresh: true } },
      grants: [
        { resource: "trainings", actions: ["read"] },
        { resource: "action:extend", actions: ["run"] },
      ],
    },
    201,
  );
  await Bun.write(join(folder, "order.py"), script);
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  const login = `Basic ${btoa(`${account.client_id}:${account.token}`)}`;
  const asked = { method: "POST", headers: { authorization: login }, body: form };
  const answer: unknown = await (await fetch(`${koppla.url}/oauth/token`, asked)).json();
  // What the documentation of S4 shows of an answer.
  expect(answer).toMatchObject({
    ...{ access_token: expect.any(String), expires_in: 2, refresh_token: expect.any(String) },
    ...{ refresh_expires_in: expect.any(Number), token_type: expect.stringMatching(/^bearer$/i) },
  });
  const printed = await ran(folder, ["python3", "-I", "order.py"], {
    ...{ KOPPLA_URL: koppla.url, KOPPLA_CLIENT_ID: account.client_id, KOPPLA_TOKEN: account.token },
  });
  const lines = printed.trim().split("\n");
  const refreshing = "refreshing the token";
  expect(lines).toContain(refreshing);
  expect(lines.filter((line) => line !== refreshing)).toEqual([
    ...["trainings: 200", "order: 202 IN_PROGRESS", "end: SUCCESS action:extend"],
  ]);
});

describe("the kits and the API document", () => {
  test.if(hasPython && hasNode)("agree on every path, parameter, body and answer", () => {
    // Logins go where the script says, all else to the base URL that they name.
    expect([...front.asked].sort()).toEqual(["getMe", "getToken"]);
    expect([...named.asked]).toEqual(
      expect.arrayContaining([
        "listTrainings",
        "createTraining",
        "getChanges",
        "recoverReceiver",
        "runAction",
        "getOperation",
      ]),
    );
    expect([...front.disagreements, ...named.disagreements]).toEqual([]);
  });

  test.if(hasPython)("agree on every member that the kit for Python names", async () => {
    const print = `
import json, typing, koppla, koppla.shapes as s
print(json.dumps({n: sorted(typing.get_type_hints(t)) for n, t in vars(s).items() if hasattr(t, "__total__")}))`;
    const shapes: Record<string, string[]> = JSON.parse(
      await ran(folder, ["python3", "-c", print], { PYTHONPATH: join(sdk, "python/src") }),
    );
    const { schemas } = (document as unknown as { components: { schemas: Record<string, Shape> } })
      .components;
    const members = (shape: Shape | undefined) => Object.keys(shape?.properties ?? {}).sort();
    expect(shapes["OperationState"]).toEqual(members(schemas["Operation"]));
    expect(shapes["Progress"]).toEqual(members(schemas["Operation"]?.properties?.["progress"]));
    expect(shapes["Change"]).toEqual(members(schemas["Change"]));
    expect(shapes["Violation"]).toEqual(members(schemas["Violation"]));
    expect(shapes["PushResult"]).toEqual(members(schemas["PushResult"]));
    expect(shapes["Page"]).toEqual(members(schemas["TrainingPage"]));
    expect(members(schemas["Me"])).toEqual(expect.arrayContaining(shapes["Me"] ?? []));
  });

  test("agree on the types of the one for TypeScript: they are what `bun sdk/typescript/generate.ts` makes", async () => {
    // Beside what the formatter knows to format.
    const fresh = join(root, "sdk/typescript/src", `api-${process.pid}.ts`);
    try {
      await ran(root, ["node_modules/.bin/bun", "sdk/typescript/generate.ts", binary, fresh]);
      const isFresh =
        readFileSync(join(sdk, "typescript/src/api.ts"), "utf8") === readFileSync(fresh, "utf8");
      const remedy = "the API has changed: run node_modules/.bin/bun sdk/typescript/generate.ts, and commit";
      expect(isFresh ? "" : remedy).toBe("");
    } finally {
      await rm(fresh, { force: true });
    }
  });

  test.if(hasNode)(
    "have the organisation's own types, too: koppla-types writes them, and tsc holds a script to them",
    async () => {
      const here = join(folder, "typed");
      await mkdir(here);
      const types = await ran(folder, ["npx", "--no-install", "koppla-types", `${koppla.url}/openapi.json`]);
      await Bun.write(join(here, "koppla-types.ts"), types);
      const script = (member: string) => `
import { Koppla } from "koppla";
import type { Types } from "./koppla-types.ts";

const koppla = Koppla.fromEnvironment<Types>();
const { name, _meta } = await koppla.records("trainings").get(1);
await koppla.records("trainings").put(1, { name, ${member}: 7 });
console.log(_meta.version, (await koppla.call("getReceiver", { path: { id: "1" } })).name);
`;
      await Bun.write(join(here, "right.ts"), script("institute_id"));
      await Bun.write(join(here, "wrong.ts"), script("city"));
      const check = (file: string) =>
        runIn(here, [
          ...[tsc, "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"],
          ...["--allowImportingTsExtensions", "--types", "", "--ignoreConfig", file],
        ]);
      expect(await check("right.ts")).toMatchObject({ exitCode: 0, stdout: "" });
      const wrong = await check("wrong.ts");
      expect(wrong.stdout).toContain("Type 'number' is not assignable to type 'string'");
    },
    LONG_TEST_MS,
  );
});

interface Shape {
  properties?: Record<string, Shape>;
}
