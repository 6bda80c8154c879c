import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

import { hasOpenssl, newAuthority } from "../../test/certificates.ts";
import { ConfigError } from "./errors.ts";
import type { Environment } from "./interpolate.ts";
import { loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** Writes a file into the test's folder and returns its path. */
function put(content: string | Uint8Array, name = `${++files}.yaml`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function load(yaml: string | Uint8Array, env: Environment = {}) {
  return loadConfig(put(yaml), env, { thorough: true });
}

/** What is wrong with `yaml`, a line each, without the folder's name. */
async function errors(yaml: string | Uint8Array, env: Environment = {}): Promise<string[]> {
  const path = put(yaml);
  try {
    await loadConfig(path, env, { thorough: true });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(path, "file").replaceAll(`${folder}/`, "").split("\n");
  }
}

const type = (rest: string, name = "trainings", object = "training") =>
  `types:\n  ${name}:\n    object: ${object}\n    ${rest}\n`;

/** A line with a type for grants to speak of. */
const trainings =
  "types: { trainings: { object: training, filters: [institute_id], " +
  "schema: { properties: { name: { type: string }, institute_id: { type: integer } } } } }\n";

describe("an empty file", () => {
  test("is a configuration with every default", async () => {
    const path = put("");
    expect(await loadConfig(path, {})).toEqual({
      file: path,
      server: {
        listen: { hostname: "127.0.0.1", port: 8080 },
        ...{ socketMode: 0o660, basePath: "", httpRedirect: null, hsts: null },
        publicUrl: "http://127.0.0.1:8080",
        trustedProxies: [],
        dryRunHeaders: ["Dry-Run"],
        tls: null,
        limits: { body: 33_554_432, requestTimeout: 30_000, connections: null, memory: null },
      },
      database: { kind: "sqlite", path: join(folder, "data/koppla.db"), durability: "full" },
      care: { reserve: 268_435_456 },
      secrets: { keyFile: join(folder, "data/koppla.key") },
      log: { level: "info", format: "auto" },
      types: {},
      webhooks: {
        bundle: { quiet: 5000, longest: 60_000, size: 500 },
        timeout: 15_000,
        concurrency: 4,
        maxInFlight: 1_000,
        disableAfter: 5 * 86_400_000,
        retrySchedules: {
          table: { steps: [3_600_000, 7_200_000, 21_600_000, 86_400_000], then: "fail" },
          standard: {
            steps: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map((s) => s * 1000),
            then: "fail",
          },
          persistent: { steps: [5, 60, 300, 1800, 3600].map((s) => s * 1000), then: "repeat" },
        },
        allowTargets: [],
        logRetention: 90 * 86_400_000,
        logRetentionFailed: 180 * 86_400_000,
        logMax: 10_000_000,
        proxy: null,
        caFile: null,
      },
      publicApi: {
        ...{ pushByGet: false, defaultRows: 50, maxRows: 500, maxAge: 0 },
        ...{ cacheSize: 32 * 1024 * 1024, userRoles: [] },
        mailsPerHour: { address: 5, ip: 200, organisation: 1_000 },
      },
      roles: {},
      oauth: { codeLife: 60_000, refreshTokenLife: 30 * 86_400_000, keyRotation: 30 * 86_400_000 },
      sessions: { idle: 1_800_000, life: 43_200_000 },
      rateLimits: { account: null, organisation: null },
      audit: { retention: 400 * 86_400_000, file: null, syslog: null },
      metrics: { enabled: true, listen: null, allowedIps: ["127.0.0.1", "::1"] },
      tracing: null,
      smtp: null,
      webMessages: {
        ...{ keep: 365 * 86_400_000, organisations: {}, body: 150 * 2 ** 20, requestTimeout: 300_000 },
        ...{ concurrent: 4, partyIds: "plain" },
      },
      operations: {
        ...{ atOnce: 64, retention: 90 * 86_400_000, keepFiles: 7 * 86_400_000 },
        ...{ importSize: 4 * 2 ** 30, importUnpacked: 20 * 2 ** 30, exportSize: 20 * 2 ** 30 },
      },
      channels: {},
      actions: {},
      schedules: {},
      backup: null,
      provision: {
        ...{ organisations: [], accounts: [], users: [], impersonationPolicies: [], receivers: [] },
      },
      warnings: [],
    });
  });
});

describe.skipIf(!hasOpenssl)("the whole contract", () => {
  test("is read, with units converted and names made the program's", async () => {
    put("open sesame\n", "password");
    const { cert, key } = newAuthority().issue("koppla.example.org");
    put(cert, "cert.pem");
    put(key, "key.pem");
    put(
      '{\n\t"type": "object",\n\t"properties": { "id": {}, "city": {}, "institute_id": {} }\n}',
      "training.json",
    );
    const config = await load(`
server:
  listen: "[::1]:8443"
  public_url: https://koppla.example.org/base/
  trusted_proxies: [10.0.0.0/8, "::1"]
  tls: { cert_file: cert.pem, key_file: ./key.pem }
  limits: { body: 512KB, request_timeout: 1.5s }
database: { url: postgres://koppla:pw@db/koppla, durability: normal }
secrets: { key_file: /var/lib/koppla/key }
log: { level: debug, format: json }
smtp: { url: smtp://localhost:25, from: "Koppla <koppla@example.org>", admin: admin@example.org }
types:
  institutes: { object: institute, key: integer, schema: { properties: { name: { type: string } } }, public: [id, name] }
  trainings:
    object: training
    key: uuid
    parent: { type: institutes, field: institute_id }
    schema_file: ./training.json
    public: [id, institute_id]
    filters: [institute_id, city]
    description: Courses
webhooks:
  bundle: { quiet: 0s, longest: 100ms, size: 10 }
  timeout: 1m
  concurrency: 1
  max_in_flight: 50
  disable_after: 10d
  retry_schedules: { quick: { steps: [1s, 5s, 30s], then: fail }, forever: { steps: [2h], then: repeat } }
  allow_targets: [10.0.0.0/8, erp.local, 127.0.0.1]
  log_retention: 30d
  log_retention_failed: 60d
  log_max: 5000
  proxy:
  ca_file:
channels: { open-e: { url: "https://open-e.example.org/", username: u, password_file: password, timeout: 30s } }
actions:
  send-report: { input: { type: object }, run: { http: { method: POST, url: "http://erp.local/report" } }, timeout: 10m }
  reindex: { run: { command: [/usr/local/bin/reindex, "--full"] } }
schedules: { nightly-report: { cron: "0 3 * * *", timezone: Europe/Stockholm, action: send-report, input: { a: [1, null] } } }
provision:
  organisations: [{ code: demo, name: Demo, password_file: password, allowed_ips: [192.0.2.0/24], sites: ["https://www.example.org/"], return_urls: ["https://www.example.org/in"], language: sv }]
  accounts: [{ organisation: demo, name: ERP, grants: [{ resource: trainings, actions: [read], where: { institute_id: [1] } }], totp: true }]
  receivers: [{ organisation: demo, account: ERP, name: R, url: "https://partner.example/hooks", topics: ["*"], secret_file: password, headers: { x-tenant: "7" } }]
`);
    expect(config.server).toEqual({
      listen: { hostname: "::1", port: 8443 },
      ...{ socketMode: 0o660, basePath: "/base", httpRedirect: null, hsts: null },
      publicUrl: "https://koppla.example.org/base",
      trustedProxies: ["10.0.0.0/8", "::1"],
      dryRunHeaders: ["Dry-Run"],
      tls: { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") },
      limits: { body: 524_288, requestTimeout: 1500, connections: null, memory: null },
    });
    expect(config.database).toEqual({
      kind: "postgres",
      url: "postgres://koppla:pw@db/koppla",
      durability: "normal",
    });
    expect(config.secrets).toEqual({ keyFile: "/var/lib/koppla/key" });
    expect(config.log).toEqual({ level: "debug", format: "json" });
    expect(config.smtp).toEqual({
      ...{ url: "smtp://localhost:25", from: "Koppla <koppla@example.org>", admin: "admin@example.org" },
      ...{ logRetention: 90 * 86_400_000, templates: {} },
    });
    expect(config.types["institutes"]).toEqual({
      name: "institutes",
      object: "institute",
      key: "integer",
      schema: { type: "object", properties: { name: { type: "string" } } },
      parent: null,
      public: ["id", "name"],
      filters: [],
      search: [],
      description: "",
    });
    expect(config.types["trainings"]).toEqual({
      name: "trainings",
      object: "training",
      key: "uuid",
      schema: { type: "object", properties: { id: {}, city: {}, institute_id: {} } },
      parent: { type: "institutes", field: "institute_id" },
      public: ["id", "institute_id"],
      filters: ["institute_id", "city"],
      search: [],
      description: "Courses",
    });
    const { retrySchedules, ...webhooks } = config.webhooks;
    expect(webhooks).toEqual({
      bundle: { quiet: 0, longest: 100, size: 10 },
      timeout: 60_000,
      concurrency: 1,
      maxInFlight: 50,
      disableAfter: 10 * 86_400_000,
      allowTargets: ["10.0.0.0/8", "erp.local", "127.0.0.1"],
      logRetention: 30 * 86_400_000,
      logRetentionFailed: 60 * 86_400_000,
      logMax: 5000,
      proxy: null,
      caFile: null,
    });
    expect(Object.keys(retrySchedules)).toEqual(["table", "standard", "persistent", "quick", "forever"]);
    expect(retrySchedules["quick"]).toEqual({ steps: [1000, 5000, 30_000], then: "fail" });
    expect(retrySchedules["forever"]).toEqual({ steps: [7_200_000], then: "repeat" });
    expect(config.channels).toEqual({
      "open-e": {
        ...{ kind: "open-e", name: "open-e", publish: "sync", timeout: 30_000, connectTimeout: 5_000 },
        retry: { steps: expect.any(Array), then: "fail" },
        ...{ concurrency: 4, organisations: [], numericFlowInstanceId: true, instances: new Map() },
        tls: { caFile: null, certFile: null, keyFile: null },
        endpoint: { url: "https://open-e.example.org/", username: "u", password: "open sesame" },
      },
    });
    expect(config.actions["send-report"]).toEqual({
      name: "send-report",
      description: "",
      input: { type: "object" },
      run: {
        ...{ kind: "http", method: "POST", url: "http://erp.local/report", headers: {}, body: undefined },
        ...{ authorization: null, caFile: null, success: { status: [], body: {} } },
        ...{ resultLimit: 65_536, retries: 0, retryWait: 10_000 },
      },
      timeout: 600_000,
      limits: { atOnce: 4, perOrganisation: 4, open: 1000 },
      organisations: [],
      dryRun: "validate",
      interrupted: "fail",
    });
    expect(config.actions["reindex"]?.run).toEqual({
      ...{ kind: "command", command: ["/usr/local/bin/reindex", "--full"], environment: {} },
      ...{ directory: folder, outputLimit: 65_536, allowed: false },
    });
    expect(config.schedules).toEqual({
      "nightly-report": {
        name: "nightly-report",
        cron: "0 3 * * *",
        timezone: "Europe/Stockholm",
        runs: { kind: "action", action: "send-report", input: { a: [1, null] } },
        organisations: [],
        catchUp: "none",
        enabled: true,
      },
    });
    expect(config.provision.organisations).toEqual([
      {
        ...{ code: "demo", name: "Demo", password: "open sesame", allowedIps: ["192.0.2.0/24"] },
        ...{ sites: ["https://www.example.org"], returnUrls: ["https://www.example.org/in"] },
        ...{ language: "sv", passwordGrants: null },
      },
    ]);
    expect(config.provision.accounts[0]?.token).toEqual({ kind: "opaque", life: 3_600_000, refresh: false });
    expect(config.provision.receivers[0]?.secret).toBe("open sesame");
    expect(config.provision.receivers[0]?.headers).toEqual({ "x-tenant": "7" });
  });

  test("warns of what will not do what it says, and of nothing else", async () => {
    const { warnings } = await load(`server:
  trusted_proxies: [10.0.0.1]
webhooks:
  timeout: 1s
  allow_targets: []
  log_retention: 90d
${type("public: [id]")}smtp:
  url: smtp://localhost
  from: a@b
actions: { reindex: { run: { command: [x] } } }
`);
    expect(warnings.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`)).toEqual(
      [
        "14:39 actions.reindex.run.command is not run: commands are off, as long as actions_allow_commands is not true",
      ],
    );
  });

  test("a file of certificates must hold some, and mail addresses must be some", async () => {
    put("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "broken.pem");
    put("nothing of the kind", "empty.pem");
    put(`# Our own\n${rootCertificates.slice(0, 2).join("\n")}\n`, "good.pem");
    expect((await load("webhooks: { ca_file: good.pem }")).webhooks.caFile).toBe(join(folder, "good.pem"));
    expect(await errors("webhooks: { ca_file: broken.pem }")).toEqual([
      "file:1:22 webhooks.ca_file: found a certificate in broken.pem that cannot be read, expected PEM",
    ]);
    expect(await errors("webhooks: { ca_file: empty.pem }")).toEqual([
      "file:1:22 webhooks.ca_file: found no certificate in empty.pem, expected at least one in PEM",
    ]);
    expect(await errors('smtp: { url: "smtp://localhost", from: Koppla, admin: "a@b, c@d" }')).toHaveLength(
      2,
    );
  });

  test("mails in one's own words are for languages and occasions that there are, and have their link", async () => {
    const templates = async (text: string) =>
      (await load(`smtp: { url: "smtp://localhost", from: a@b, templates: ${text} }`)).smtp?.templates;
    put("Gå till {{link}} nu.\n", "account.txt");
    expect(
      await templates('{ sv: { account: { subject: "Hej {{name}}", text_file: account.txt } } }'),
    ).toEqual({
      sv: { account: { subject: "Hej {{name}}", text: "Gå till {{link}} nu." } },
    });
    const found = await errors(
      'smtp: { url: "smtp://localhost", from: a@b, templates: { se: {}, en: { acount: { subject: a, text: b }, ' +
        'account: { subject: "{{#name}}", text: b }, closed: { subject: a, text: b } } } }',
    );
    expect(found.map((line) => line.replace(/^file:\d+:\d+ smtp.templates./, ""))).toEqual([
      'se: found se, expected one of sv, nl, fr, en; did you mean "sv"?',
      'en.acount: found acount, expected one of account, reminder, closed; did you mean "account"?',
      expect.stringContaining("en.account.subject: found a template that cannot be read (Unclosed section"),
      "en.account.text: found a mail without its link, expected {{link}} in it",
    ]);
  });

  test("a listener on every address without public_url warns of links to this machine", async () => {
    const { server, warnings } = await load("server: { listen: ':9000' }");
    expect(server).toMatchObject({
      listen: { hostname: "0.0.0.0", port: 9000 },
      publicUrl: "http://127.0.0.1:9000",
    });
    expect(warnings.map(({ line, column, path }) => [line, column, path])).toEqual([
      [1, 19, "server.listen"],
    ]);
  });

  test("a schema that says nothing of its type is one of objects", async () => {
    const config = await load(type("schema: { required: [a] }"));
    expect(config.types["trainings"]?.schema).toEqual({ type: "object", required: ["a"] });
  });
});

describe("what is wrong is said with its place", () => {
  const cases: [name: string, yaml: string, ...errors: string[]][] = [
    [
      "an unknown key",
      "server:\n  lisen: 127.0.0.1:80\n",
      'file:2:3 server.lisen: found an unknown key, expected a known key; did you mean "listen"?',
    ],
    [
      "an unknown key that is like no other",
      "log:\n  colour: red\n",
      "file:2:3 log.colour: found an unknown key, expected one of level, format",
    ],
    [
      "an unknown key at the top",
      "databse: {}\n",
      'file:1:1 databse: found an unknown key, expected a known key; did you mean "database"?',
    ],
    [
      "an unknown key of an optional object of which nothing is given",
      "server: { tls: { certfile: } }",
      'file:1:18 server.tls.certfile: found an unknown key, expected a known key; did you mean "cert_file"?',
    ],
    [
      "a key given twice",
      "log:\n  level: info\n  format: json\n  level: debug\n",
      "file:4:3 log.level: found level a second time, expected each key once",
    ],
    [
      "a key given twice in a list's item",
      "provision:\n  organisations:\n    - code: a\n      name: b\n      code: c\n",
      "file:5:7 provision.organisations[0].code: found code a second time, expected each key once",
    ],
    [
      "a type given twice, and another error beside it",
      "types:\n  a: { object: x }\n  a: { object: y }\nlog: { level: loud }",
      "file:3:3 types.a: found a second time, expected each key once".replace("found", "found a"),
      'file:4:15 log.level: found "loud", expected one of debug, info, warn, error',
    ],
    [
      "a key that is a list",
      "log:\n  ? [a]\n  : 1\n",
      "file:2:5 log: found a key that is no text, expected a name",
    ],
    [
      "a list in place of an object",
      "server:\n  - listen\n",
      "file:2:3 server: found a list, expected an object with listen, socket_mode, public_url, base_path, trusted_proxies, tls, http_redirect, hsts, dry_run_headers, limits",
    ],
    [
      "text in place of the whole",
      "hello\n",
      'file:1:1 found "hello", expected an object with server, database, secrets, log, types, webhooks, public_api, roles, oauth, sessions, ' +
        "rate_limits, audit, metrics, tracing, smtp, web_messages, operations, channels, actions_allow_commands, actions, schedules, backup, " +
        "provision",
    ],
    [
      "an object in place of a word",
      "log:\n  level: {}\n",
      "file:2:10 log.level: found an object, expected one of debug, info, warn, error",
    ],
    [
      "a word that is nearly one of those known",
      "log: { level: warning }",
      'file:1:15 log.level: found "warning", expected one of debug, info, warn, error',
    ],
    [
      "a duration without a unit",
      "webhooks:\n  timeout: 15\n",
      "file:2:12 webhooks.timeout: found 15, expected a duration with its unit (ms, s, m, h or d) such as 5s",
    ],
    [
      "a duration with a strange unit",
      "webhooks: { timeout: 15 sec }",
      'file:1:22 webhooks.timeout: found "15 sec", expected a duration with its unit (ms, s, m, h or d) such as 5s',
    ],
    [
      "a size without a unit",
      "server: { limits: { body: 1000 } }",
      "file:1:27 server.limits.body: found 1000, expected a size with its unit (B, KB, MB or GB) such as 32MB",
    ],
    [
      "a whole number out of range",
      "webhooks: { bundle: { size: 0 } }",
      "file:1:29 webhooks.bundle.size: found 0, expected a whole number from 1 to 10000",
    ],
    [
      "a fraction",
      "webhooks: { concurrency: 1.5 }",
      "file:1:26 webhooks.concurrency: found 1.5, expected a whole number from 1 to 64",
    ],
    [
      "a number in quotes",
      'webhooks: { concurrency: "4" }',
      'file:1:26 webhooks.concurrency: found "4", expected a whole number from 1 to 64',
    ],
    [
      "a listen without a host",
      "server: { listen: 8080 }",
      "file:1:19 server.listen: found 8080, expected HOST:PORT such as 127.0.0.1:8080, :8080 for every address, or unix:/path",
    ],
    [
      "a port that is none",
      "server: { listen: localhost:80800 }",
      'file:1:19 server.listen: found "localhost:80800", expected HOST:PORT such as 127.0.0.1:8080, :8080 for every address, or unix:/path',
    ],
    [
      "a public_url with a query",
      "server: { public_url: https://a.example/?x=1 }",
      'file:1:23 server.public_url: found "https://a.example/?x=1", expected an http:// or https:// URL without user, query and fragment',
    ],
    [
      "a public_url without a scheme",
      "server: { public_url: koppla.example.org }",
      'file:1:23 server.public_url: found "koppla.example.org", expected an http:// or https:// URL without user, query and fragment',
    ],
    [
      "an unknown database, its password unshown",
      "database: { url: mysql://root:hunter2@db/x }",
      "file:1:18 database.url: found something else (not shown: it may be secret), expected sqlite:PATH or postgres://USER@HOST/DATABASE",
    ],
    [
      "a database in memory",
      "database: { url: 'sqlite::memory:' }",
      'file:1:18 database.url: found "sqlite::memory:", expected sqlite:PATH or postgres://USER@HOST/DATABASE',
    ],
    [
      "a certificate without its key",
      "server:\n  tls:\n    cert_file: 1.yaml\n",
      "file:2:3 server.tls.key_file: found nothing, expected the path of a file",
    ],
    [
      "a certificate that is not there",
      "server: { tls: { cert_file: no.pem, key_file: 1.yaml } }",
      "file:1:29 server.tls.cert_file: found no file at no.pem, expected a readable file",
    ],
    [
      "a type without an object",
      "types:\n  trainings:\n    key: string\n",
      "file:2:3 types.trainings.object: found nothing, expected a lower-case name such as training",
    ],
    [
      "a type that is empty",
      "types:\n  trainings:\n",
      "file:2:3 types.trainings.object: found nothing, expected a lower-case name such as training",
    ],
    [
      "a type's name that is no identifier",
      type("key: string", "Trainings"),
      'file:2:3 types.Trainings: found "Trainings", expected a lower-case name (a-z, 0-9, _ and -, a letter first)',
    ],
    [
      "a type's name with a dot",
      type("key: string", "a.b"),
      'file:2:3 types["a.b"]: found "a.b", expected a lower-case name (a-z, 0-9, _ and -, a letter first)',
    ],
    [
      "a type named like a fixed path",
      type("key: string", "accounts"),
      "file:2:3 types.accounts: found a name that Koppla uses itself, expected another",
    ],
    [
      "a type whose topic is Koppla's own",
      type("key: string", "web_messages"),
      "file:2:3 types.web_messages: found a name that Koppla uses itself, expected another",
    ],
    [
      "two types with one topic",
      "types:\n  course_dates: { object: a }\n  course-dates: { object: b }\n",
      "file:3:3 types.course-dates: found a name whose topic CourseDates is that of course_dates too, expected another",
    ],
    [
      "a role's grant on a type that is not there",
      `${trainings}roles:\n  editor:\n    grants:\n      - { resource: traniings, actions: [read] }\n`,
      'file:5:21 roles.editor.grants[0].resource: found "traniings", expected a type, *, or one of the server\'s own such as receivers; did you mean "trainings"?',
    ],
    [
      "a role's grant whose action does not fit its resource",
      "roles: { editor: { grants: [{ resource: receivers, actions: [read, delete] }] } }",
      'file:1:68 roles.editor.grants[0].actions[1]: found "delete", expected one of read, write, manage, *, which is what there is of receivers',
    ],
    [
      "a role's where on a field that is no filter",
      `${trainings}roles: { a: { grants: [{ resource: trainings, actions: [read], where: { institut_id: [1] } }] } }`,
      'file:2:86 roles.a.grants[0].where.institut_id: found "institut_id", expected one of the type\'s filters, institute_id; did you mean "institute_id"?',
    ],
    [
      "a role's where with a value of another kind",
      `${trainings}roles: { a: { grants: [{ resource: trainings, actions: [read], where: { institute_id: [1, x] } }] } }`,
      'file:2:91 roles.a.grants[0].where.institute_id[1]: found "x", expected a number',
    ],
    [
      "a role's fields that the type does not have",
      `${trainings}roles: { a: { grants: [{ resource: trainings, actions: [read], fields: [name, nme] }] } }`,
      'file:2:79 roles.a.grants[0].fields[1]: found "nme", expected a property of the type\'s schema; did you mean "name"?',
    ],
    [
      "a role's public fields of a type without any",
      `${trainings}roles: { a: { grants: [{ resource: trainings, actions: [read], fields: public }] } }`,
      'file:2:72 roles.a.grants[0].fields: found "public", expected all or a list: the type has no public fields',
    ],
    [
      "a provisioned account's grant for an action that the YAML does not have",
      "provision: { accounts: [{ organisation: demo, name: a, grants: [{ resource: action:reindex, actions: [run] }] }] }",
      'file:1:77 provision.accounts[0].grants[0].resource: found "action:reindex", expected one of the YAML\'s actions',
    ],
    [
      "an object that Koppla uses itself",
      type("key: string", "trainings", "receiver"),
      'file:3:13 types.trainings.object: found "receiver", which Koppla uses itself, expected another name',
    ],
    [
      "one object of two types",
      "types:\n  a: { object: x }\n  b: { object: x }\n",
      'file:3:16 types.b.object: found "x", which is the object of a too, expected another name',
    ],
    [
      "an object in capitals",
      type("key: string", "trainings", "Training"),
      'file:3:13 types.trainings.object: found "Training", expected a lower-case name such as training',
    ],
    [
      "a number where text belongs",
      type("description: 12"),
      "file:4:18 types.trainings.description: found 12 without quotes, expected text",
    ],
    [
      "a parent that is no type",
      "types:\n  institutes: { object: i }\n  trainings: { object: t, parent: { type: institute, field: a } }\n",
      'file:3:43 types.trainings.parent.type: found "institute", expected one of the types; did you mean "institutes"?',
    ],
    [
      "a parent's field that the schema does not have",
      type(
        "parent: { type: trainings, field: institut_id }\n    schema: { properties: { institute_id: {} } }",
      ),
      'file:4:39 types.trainings.parent.field: found "institut_id", expected a property of the type\'s schema; did you mean "institute_id"?',
    ],
    [
      "a filter that the schema does not have",
      type("filters: [name, citi]\n    schema: { properties: { name: {}, city: {} } }"),
      'file:4:21 types.trainings.filters[1]: found "citi", expected a property of the type\'s schema; did you mean "city"?',
    ],
    [
      "a date that the schema does not have",
      type("dates: { start: begin }\n    schema: { properties: { begins: {} } }"),
      'file:4:21 types.trainings.dates.start: found "begin", expected a property of the type\'s schema; did you mean "begins"?',
    ],
    [
      "roles for everybody that are not there, and one that is everything",
      "public_api: { user_roles: [member, administrator] }",
      'file:1:28 public_api.user_roles[0]: found "member", expected one of the roles',
      "file:1:36 public_api.user_roles[1]: found administrator, expected a role that anybody may have who registers",
    ],
    [
      "people who register with a role that manages others",
      "roles: { clerk: { grants: [{ resource: users, actions: [manage] }] } }\npublic_api: { user_roles: [clerk] }",
      "file:2:28 public_api.user_roles[0]: found clerk, expected a role that anybody may have who registers",
    ],
    [
      "a field to search in that the schema does not have",
      type("search: [nam]\n    schema: { properties: { name: {} } }"),
      'file:4:14 types.trainings.search[0]: found "nam", expected a property of the type\'s schema; did you mean "name"?',
    ],
    [
      "a public field that the schema does not have",
      type("public: [id, nam]\n    schema: { properties: { name: {} } }"),
      'file:4:18 types.trainings.public[1]: found "nam", expected a property of the type\'s schema; did you mean "name"?',
    ],
    [
      "a filter twice",
      type("filters: [a, a]"),
      'file:4:18 types.trainings.filters[1]: found "a" a second time, expected each field once',
    ],
    [
      "a schema that is not one of objects",
      type("schema: { type: array }"),
      'file:4:21 types.trainings.schema.type: found "array", expected object: a record is one',
    ],
    [
      "a schema that is a list",
      type("schema: [a]"),
      "file:4:13 types.trainings.schema: found a list, expected a JSON Schema (an object)",
    ],
    [
      "an unknown type in a schema",
      type("schema:\n      properties:\n        name:\n          type: strin"),
      'file:7:17 types.trainings.schema.properties.name.type: found "strin", which must be equal to one of the allowed values',
    ],
    [
      "a misspelt keyword in a schema",
      type("schema:\n      requird: [name]"),
      'file:5:16 types.trainings.schema.requird: found an unknown keyword, expected one of JSON Schema; did you mean "required"?',
    ],
    [
      "an unknown format in a schema",
      type("schema: { properties: { a: { type: string, format: emal } } }"),
      'file:4:56 types.trainings.schema.properties.a.format: found "emal", expected a format of JSON Schema; did you mean "email"?',
    ],
    [
      "a reference that leads nowhere",
      type('schema: { properties: { a: { $ref: "#/$defs/x" } } }'),
      "file:4:40 types.trainings.schema.properties.a.$ref: found #/$defs/x, which leads nowhere, expected a reference inside this schema".replace(
        ".$ref",
        '["$ref"]',
      ),
    ],
    [
      "a schema of another draft",
      type('schema: { $schema: "http://json-schema.org/draft-07/schema#" }'),
      'file:4:24 types.trainings.schema["$schema"]: found "http://json-schema.org/draft-07/schema#", expected https://json-schema.org/draft/2020-12/schema or nothing',
    ],
    [
      "a schema with a reserved property",
      type("schema: { properties: { _meta: {} } }"),
      "file:4:36 types.trainings.schema.properties._meta: found a name that Koppla uses itself, expected another",
    ],
    [
      "a number that JSON does not have",
      type("schema: { properties: { a: { maximum: .inf } } }"),
      "file:4:43 types.trainings.schema.properties.a.maximum: found .inf, expected a JSON value",
    ],
    [
      "a bundle that is quiet for longer than it waits",
      "webhooks:\n  bundle: { quiet: 2m, longest: 1m }\n",
      "file:2:20 webhooks.bundle.quiet: found more than longest, expected at most as much",
    ],
    [
      "a longest wait below the default quiet",
      "webhooks:\n  bundle: { longest: 1s }\n",
      "file:2:11 webhooks.bundle.quiet: found more than longest, expected at most as much",
    ],
    [
      "a retry schedule without steps",
      "webhooks:\n  retry_schedules:\n    a: { steps: [] }\n    b: { then: fail }\n",
      "file:3:17 webhooks.retry_schedules.a.steps: found an empty list, expected a list that is not empty",
      "file:4:5 webhooks.retry_schedules.b.steps: found nothing, expected a list that is not empty",
    ],
    [
      "a step that is no duration",
      "webhooks: { retry_schedules: { a: { steps: [1s, 2, ] } } }",
      "file:1:49 webhooks.retry_schedules.a.steps[1]: found 2, expected a duration with its unit (ms, s, m, h or d) such as 5s",
    ],
    [
      "a network that is none",
      "server:\n  trusted_proxies:\n    - 10.0.0.0/33\n    -\n",
      'file:3:7 server.trusted_proxies[0]: found "10.0.0.0/33", expected an IP address or a network such as 192.0.2.0/24',
      "file:4:6 server.trusted_proxies[1]: found nothing, expected an IP address or a network such as 192.0.2.0/24",
    ],
    [
      "an action that runs nothing, and one that runs two things",
      "actions:\n  a: { run: {} }\n  b: { run: { command: [x], http: { url: 'http://x' } } }\n",
      "file:2:8 actions.a.run: found neither, expected either http or command",
      "file:3:8 actions.b.run: found both, expected either http or command",
    ],
    [
      "a schedule of an action that is not there",
      "actions: { report: { run: { command: [x] } } }\nschedules:\n  s: { cron: '* * * * *', action: reprot }\n",
      'file:3:35 schedules.s.action: found "reprot", expected one of the actions; did you mean "report"?',
    ],
    [
      "a secret in a wrong shape, unshown",
      "provision: { organisations: [{ code: a, name: b, password: 12345 }] }",
      "file:1:60 provision.organisations[0].password: found something else (not shown: it may be secret), expected text that is not empty",
    ],
    [
      "YAML that breaks off",
      "server: [1,\n",
      "file:2:1 Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["a tab as indentation", "server:\n\tlisten: a\n", "file:2:1 Tabs are not allowed as indentation"],
    ["a tag", "log: { level: !word info }", "file:1:15 Unresolved tag: !word"],
    [
      "two documents",
      "log: {}\n---\nlog: {}\n",
      "file:2:1 Source contains multiple documents; please use YAML.parseAllDocuments()",
    ],
    [
      "an alias of nothing",
      "log: { level: *x }",
      "file:1:15 log.level: found *x, expected &x somewhere before it",
    ],
  ];
  test.each(cases)("%s", async (_, yaml, ...expected) => {
    expect(await errors(yaml)).toEqual(expected);
  });

  test("everything at once, in order of place", async () => {
    const yaml = `server: { listen: x }\n${type("filters: 1", "users")}log: { lvel: info }\nwebhooks: { timeout: soon }\n`;
    expect((await errors(yaml)).map((line) => line.split(": ", 1)[0])).toEqual([
      "file:1:19 server.listen",
      "file:3:3 types.users",
      "file:5:14 types.users.filters",
      "file:6:8 log.lvel",
      "file:7:22 webhooks.timeout",
    ]);
  });
});

describe("a file that cannot be read", () => {
  test("is missing, and the error says what to do", async () => {
    const path = join(folder, "none.yaml");
    const failed = loadConfig(path, {});
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(
      `${path}: found no such file, expected a configuration; \`koppla init\``,
    );
  });

  test("is a folder", async () => {
    await expect(loadConfig(folder, {})).rejects.toThrow(`found a folder at ${folder}, expected a file`);
  });

  test("is not UTF-8", async () => {
    const [line] = await errors(Uint8Array.of(...Buffer.from("log: {}\n# "), 0xe5, 0xe4));
    expect(line).toStartWith("file:2:3 found bytes in file that are not UTF-8");
  });

  test("is larger than 5 MB", async () => {
    const [line] = await errors(`# ${"x".repeat(5 * 2 ** 20)}`);
    expect(line).toBe("file: found 5242882 bytes in file, expected at most 5 MB");
  });

  test("blows up through aliases", async () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) =>
        `  l${i}: &l${i} [${Array(9)
          .fill(i === 0 ? "1" : `*l${i - 1}`)
          .join(", ")}]`,
    );
    const [line] = await errors(type(`schema:\n      x-laugh:\n      ${levels.join("\n      ")}`));
    expect(line).toContain("found aliases that stand for too much, expected at most 1000 aliases in use");
  });

  test("goes in circles through an alias", async () => {
    const [line] = await errors(type("schema: &a { properties: { a: *a } }"));
    expect(line).toContain("found aliases that stand for too much");
  });

  test("is nested without end", async () => {
    const lines = await errors(`types: ${"[".repeat(20_000)}`);
    expect(lines[0]).toStartWith("file:1:");
  });
});

describe("anchors", () => {
  test("may share a value, and a wrong one is shown where it stands", async () => {
    const config = await load("webhooks: { timeout: &t 7s, bundle: { quiet: *t, longest: *t } }");
    expect(config.webhooks).toMatchObject({ timeout: 7000, bundle: { quiet: 7000, longest: 7000 } });
    expect(await errors("webhooks: { timeout: 7s, bundle: { quiet: &t 7, longest: *t } }")).toEqual([
      "file:1:46 webhooks.bundle.quiet: found 7, expected a duration with its unit (ms, s, m, h or d) such as 5s",
      "file:1:46 webhooks.bundle.longest: found 7, expected a duration with its unit (ms, s, m, h or d) such as 5s",
    ]);
  });
});

describe("variables", () => {
  test("stand for values of any kind, and defaults for those not set or empty", async () => {
    const config = await load(
      'server:\n  listen: ${HOST}:${PORT:-8080}\nwebhooks:\n  concurrency: ${N}\n  timeout: ${T:-3s}\n  bundle: { size: "${N}" }\n',
      { HOST: "localhost", N: "7", T: "" },
    );
    expect(config.server.listen).toEqual({ hostname: "localhost", port: 8080 });
    expect(config.webhooks).toMatchObject({ concurrency: 7, timeout: 3000, bundle: { size: 7 } });
  });

  test("without quotes inside of braces are an error that says so, once", async () => {
    expect(await errors("log: { level: ${L}, format: ${F} }", { L: "info", F: "json" })).toEqual([
      'file:1:15 found ${ inside of { } or [ ], expected quotes around it: "${NAME}"',
    ]);
  });

  test("cannot bring in YAML", async () => {
    const config = await load(type("description: ${D}"), { D: "a\n    key: string # {x: [1]} ${D}" });
    expect(config.types["trainings"]).toMatchObject({
      key: "integer",
      description: "a\n    key: string # {x: [1]} ${D}",
    });
  });

  test("that are empty leave a key as if it were not given", async () => {
    const config = await load('webhooks: { timeout: "${T}", proxy: "${P:-}" }', { T: "" });
    expect(config.webhooks).toMatchObject({ timeout: 15_000, proxy: null });
  });

  test("that are not set, or misspelt, are errors with their place", async () => {
    const yaml =
      'log: { level: "${LEVEL}" }\nsecrets: { key_file: "${KEY FILE}" }\ndatabase: { url: "sqlite:${DB" }\n';
    expect(await errors(yaml)).toEqual([
      "file:1:15 log.level: found ${LEVEL}, which is not set, expected the environment variable LEVEL, or a default: ${LEVEL:-...}",
      'file:2:22 secrets.key_file: found "${KEY FILE}", expected ${NAME} or ${NAME:-default}; write $${ for ${ itself',
      'file:3:18 database.url: found "${DB", expected ${NAME} or ${NAME:-default}; write $${ for ${ itself',
    ]);
  });

  test("with a wrong value say where it came from", async () => {
    expect(await errors("log:\n  level: ${L}", { L: "loud" })).toEqual([
      'file:2:10 log.level: found "loud" (from ${L}), expected one of debug, info, warn, error',
    ]);
  });

  test("mean nothing in a JSON Schema", async () => {
    const config = await load(type('schema: { description: "${HOME}" }'), { HOME: "/root" });
    expect(config.types["trainings"]?.schema["description"]).toBe("${HOME}");
  });
});

describe("a _file twin", () => {
  test("gives the value without its last line break", async () => {
    put("postgres://u:p@h/d\r\n", "url");
    const config = await load("database: { url_file: url }");
    expect(config.database).toEqual({ kind: "postgres", url: "postgres://u:p@h/d", durability: "full" });
  });

  test("beside the value itself is an error", async () => {
    put("sqlite:a", "url");
    expect(await errors("database:\n  url_file: url\n  url: sqlite:b\n")).toEqual([
      "file:2:3 database.url_file: found both url and url_file, expected one of them",
    ]);
  });

  test("that is empty is as if it were not given", async () => {
    expect((await load("database: { url: sqlite:b, url_file: }")).database).toMatchObject({
      path: join(folder, "b"),
    });
  });

  test("whose file is not there is an error that names it", async () => {
    expect(await errors("database: { url_file: nowhere }")).toEqual([
      "file:1:23 database.url_file: found no file at nowhere, expected a readable file",
    ]);
  });

  test("whose file holds something else does not show it", async () => {
    put("hunter2", "url");
    expect(await errors("database: { url_file: url }")).toEqual([
      "file:1:23 database.url_file: found something else in url, expected sqlite:PATH or postgres://USER@HOST/DATABASE",
    ]);
  });

  test("of a schema has its errors in that file", async () => {
    put('{\n  "type": "object",\n  "properties": { "a": { "type": "strin" } }\n}\n', "bad.json");
    put("type: object\ntype: object\nrequird: []\n", "bad-schema.yaml");
    put("{", "broken.json");
    const yaml = ["bad.json", "bad-schema.yaml", "broken.json"].map(
      (file, i) => `t${i}: { object: o${i}, schema_file: ${file} }`,
    );
    const lines = await errors(`types:\n  ${yaml.join("\n  ")}\n`);
    expect(lines.map((line) => line.split(": ", 1)[0])).toEqual([
      "bad-schema.yaml:2:1 type",
      "bad-schema.yaml:3:10 requird",
      "broken.json:1:2 Flow map must end with a }",
      "bad.json:3:34 properties.a.type",
    ]);
  });
});
