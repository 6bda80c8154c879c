/** `/api/v1/system`. */
import type { CheckResult } from "../../doctor/check.ts";
import type { ShownSystem } from "../../system/service.ts";
import type { ShownSetting } from "../../system/settings.ts";
import { problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, ref, type Schema, time } from "./spec.ts";

const text: Schema = { type: "string" };
const bytes: Schema = { type: "integer", minimum: 0 };
const textOrNull: Schema = { type: ["string", "null"] };

const shown: ShownSystem = {
  version: "1.0.0",
  started_at: "2026-11-21T06:00:00.000Z",
  node: "koppla-1",
  public_url: "https://koppla.example",
  database: {
    kind: "sqlite",
    bytes: 73_400_320,
    wal_bytes: 4_194_304,
    migrations: [{ name: "0000_first_tables", applied_at: "2026-11-20T08:30:00.000Z" }],
    newest: "0000_first_tables",
  },
  keys: {
    key_file: "/var/lib/koppla/koppla.key",
    signing: [
      {
        kid: "n1v0V2jKQ7yq4cYd2m8fZA",
        created_at: "2026-11-20T08:30:00.000Z",
        state: "active",
      },
    ],
  },
  backups: {
    last_at: "2026-11-21T02:00:00.000Z",
    last_ok: true,
    last_failure: null,
    path: "/var/backups/koppla",
    schedule: "0 2 * * *",
  },
  runtime: { bun: "1.4.5", memory_bytes: 92_274_688, pid: 4711, uptime_seconds: 47_100 },
};

const settings: ShownSetting[] = [
  {
    path: "server.listen",
    value: "127.0.0.1:8080",
    source: { kind: "file", at: "koppla.yaml:2:11" },
    description: "The address and port.",
    restart: true,
  },
  {
    path: "channels.open-e.password",
    value: "********",
    source: { kind: "secret_file", at: "koppla.yaml:40:20" },
    description: "Its password.",
    restart: true,
  },
];

const checks: CheckResult[] = [
  {
    name: "certificate",
    status: "warning",
    message: "The certificate (DNS:koppla.example) is good for 12 days.",
    remedy: "Renew it, and put the new one in place of the files of server.tls.",
    took_ms: 2,
  },
];

export const system: Resource = {
  tag: { name: "System", description: "The server itself, for those who look after all organisations." },
  schemas: {
    System: object({
      version: text,
      started_at: time,
      node: { ...text, description: "The name of the machine." },
      public_url: text,
      database: object({
        kind: { type: "string", enum: ["sqlite", "postgres"] },
        bytes,
        wal_bytes: {
          type: ["integer", "null"],
          description: "Of the write-ahead log beside it; null on PostgreSQL.",
        },
        migrations: { type: "array", items: object({ name: text, applied_at: time }) },
        newest: { ...textOrNull, description: "The newest migration that this version knows." },
      }),
      keys: object({
        key_file: text,
        signing: {
          type: "array",
          description: "Those that sign access tokens, oldest first.",
          items: object({
            kid: text,
            created_at: time,
            state: {
              type: "string",
              enum: ["next", "active", "retired"],
              description: "`next`: shown, and signs later. `retired`: shown while its tokens are good.",
            },
          }),
        },
      }),
      backups: object({
        last_at: { ...textOrNull, format: "date-time" },
        last_ok: { type: ["boolean", "null"] },
        last_failure: {
          ...object({ at: time, reason: text }),
          type: ["object", "null"],
          description: "The last run, where it has failed and no backup was made since.",
        },
        path: textOrNull,
        schedule: textOrNull,
      }),
      runtime: object({
        bun: text,
        memory_bytes: bytes,
        pid: { type: "integer" },
        uptime_seconds: { type: "integer", minimum: 0 },
      }),
    }),
    SystemCheck: object(
      {
        name: { ...text, description: "Such as `disk`." },
        status: { type: "string", enum: ["ok", "warning", "error", "skipped"] },
        message: { ...text, description: "What was found." },
        remedy: { ...text, description: "How to mend it." },
        took_ms: { type: "integer", minimum: 0 },
      },
      ["remedy"],
    ),
    Setting: object({
      path: { ...text, description: "Such as `server.listen`." },
      value: { description: "As it is written in YAML. Secrets are masked." },
      source: object(
        {
          kind: { type: "string", enum: ["default", "file", "environment", "secret_file"] },
          at: { ...text, description: "The place in the configuration: file, line and column." },
          variable: { ...text, description: "The variables of the environment that it is made of." },
        },
        ["at", "variable"],
      ),
      description: text,
      restart: {
        type: "boolean",
        description: "Whether a change needs a restart; else `koppla reload` takes it.",
      },
    }),
  },
  operations: {
    getSystem: {
      responses: {
        "200": jsonAnswer("The server.", ref("System"), json(shown)),
        ...problems("forbidden", "invalid"),
      },
    },
    getSystemChecks: {
      responses: {
        "200": jsonAnswer(
          "What was found.",
          object({ items: { type: "array", items: ref("SystemCheck") } }),
          { items: json(checks) },
        ),
        ...problems("forbidden", "invalid"),
      },
    },
    getSystemSettings: {
      responses: {
        "200": jsonAnswer("Every setting.", object({ items: { type: "array", items: ref("Setting") } }), {
          items: json(settings),
        }),
        ...problems("forbidden", "invalid"),
      },
    },
  },
};
