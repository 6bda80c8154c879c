/**
 * The configuration as the program sees it: parsed, defaults filled in, units converted (milliseconds and bytes),
 * paths absolute. `schema.ts` is the YAML's side of the same thing, `resolve.ts` leads from one to the other.
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonSchema = { [key: string]: JsonValue };

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Something that a configuration file says that is wrong, or (as a warning) that will not do what it says. */
export interface ConfigIssue {
  file: string;
  /** Counted from 1; 0 where it is about the file as a whole. */
  line: number;
  column: number;
  /** Such as `types.trainings.key` or `provision.receivers[0].url`; "" is the file itself. */
  path: string;
  /** Such as `found 15, expected a duration with its unit such as 5s`. */
  message: string;
}

export interface TypeConfig {
  name: string;
  /** The type's name in the singular, as it stands in changes. */
  object: string;
  key: "integer" | "string" | "uuid";
  /** A JSON Schema (draft 2020-12) that `compileJsonSchema` is known to accept. */
  schema: JsonSchema;
  parent: { type: string; field: string } | null;
  /** Fields that callers without more rights see. */
  public: string[];
  /** Fields that lists can be filtered and sorted by. */
  filters: string[];
  /** Fields that a text search looks in; without any there is none. */
  search?: string[];
  /** The fields by which its records are events of a calendar; without, they are none. */
  dates?: DateFields;
  description: string;
}

/** Names of fields. */
export interface DateFields {
  start: string;
  end: string | null;
  summary: string | null;
  location: string | null;
}

/** Waits in milliseconds before the second, third, ... attempt. `repeat` goes on with the last one for ever. */
export interface RetrySchedule {
  steps: number[];
  then: "fail" | "repeat";
}

/** Port 0 takes a free one. */
export interface TcpAddress {
  hostname: string;
  port: number;
}

/** A unix socket's path is absolute. */
export type ListenAddress = TcpAddress | { unix: string };

/** Paths of PEM files, absolute. */
export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

export type DatabaseConfig = ({ kind: "sqlite"; path: string } | { kind: "postgres"; url: string }) & {
  durability: "full" | "normal";
};

/** A grant as the configuration has it; `grants/parse.ts` holds it to its meaning. */
export interface GrantConfig {
  resource: string;
  actions: string[];
  where?: JsonValue;
  fields?: JsonValue;
}

/** `requests` in each `window` ms. */
export interface RateLimit {
  requests: number;
  window: number;
}

export interface Config {
  /** The YAML file, absolute; null where the configuration was made without one (the demo, tests). */
  file: string | null;
  server: {
    listen: ListenAddress;
    /** Of a unix socket: an octal number such as 0o660. */
    socketMode: number;
    /** Such as `/koppla`; "" for none. */
    basePath: string;
    /** Without a trailing slash. With `listen` on port 0 and no `public_url`, it ends in `:0`. */
    publicUrl: string;
    trustedProxies: string[];
    dryRunHeaders: string[];
    tls: TlsFiles | null;
    /** Where plain HTTP is sent on to `publicUrl`. */
    httpRedirect: TcpAddress | null;
    /** `max-age` of Strict-Transport-Security, ms. */
    hsts: number | null;
    /**
     * `body` in bytes; `requestTimeout` in ms, the time a request body may take to arrive; `memory` in bytes. Null: by
     * what the machine has.
     */
    limits: { body: number; requestTimeout: number; connections: number | null; memory: number | null };
  };
  database: DatabaseConfig;
  /** `reserve`: bytes that stay free on the disk of SQLite. */
  care: { reserve: number };
  secrets: { keyFile: string };
  log: { level: LogLevel; format: "auto" | "text" | "json" };
  types: Record<string, TypeConfig>;
  webhooks: {
    /** `quiet` and `longest` in ms, `size` in changes. What a receiver does not set for itself. */
    bundle: { quiet: number; longest: number; size: number };
    /** One attempt's time limit, ms. */
    timeout: number;
    /** Attempts in flight to one receiver. */
    concurrency: number;
    /** Attempts in flight to all of them together. */
    maxInFlight: number;
    /** Nothing but failures for so long, ms, and a receiver is disabled; 0: never. */
    disableAfter: number;
    /** By name: `table`, `standard`, `persistent` and those of the YAML. */
    retrySchedules: Record<string, RetrySchedule>;
    allowTargets: string[];
    /** ms; of failed deliveries the longer of the two. */
    logRetention: number;
    logRetentionFailed: number;
    /** How many deliveries the log keeps. */
    logMax: number;
    proxy: string | null;
    /** PEM, absolute. */
    caFile: string | null;
  };
  publicApi: {
    pushByGet: boolean;
    /** Rows of an answer: where nothing is said, and at most. */
    defaultRows: number;
    maxRows: number;
    /** How long others may keep the public view, ms. */
    maxAge: number;
    /** Memory for answers of the public view, bytes. */
    cacheSize: number;
    /** Of people who register themselves. */
    userRoles: string[];
    /** Login keys that are mailed. */
    mailsPerHour: { address: number; ip: number; organisation: number };
  };
  /** Grants by the name of the role; `users/built-in-roles.ts` has those that are always there. */
  roles: Record<string, GrantConfig[]>;
  /** ms each */
  oauth: { codeLife: number; refreshTokenLife: number; keyRotation: number };
  /** ms each */
  sessions: { idle: number; life: number };
  rateLimits: { account: RateLimit | null; organisation: RateLimit | null };
  audit: {
    /** ms */
    retention: number;
    /** Where its events are copied to. */
    file: string | null;
    syslog: string | null;
  };
  metrics: {
    enabled: boolean;
    /** Null: on the server's own address. */
    listen: { hostname: string; port: number } | null;
    /** Addresses and networks. */
    allowedIps: string[];
  };
  /** Null: none. */
  tracing: {
    /** Where traces go: `/v1/traces` of a collector. */
    otlpUrl: string;
    headers: Record<string, string>;
    /** Of those that begin here, this part is recorded: 0 to 1. Others are as their caller says. */
    sample: number;
  } | null;
  /** `admin`: who is told what the sysadmin should know. */
  smtp: {
    url: string;
    from: string;
    admin: string | null;
    /** ms */
    logRetention: number;
    /** Those that stand instead of the built-in ones, by language and name. */
    templates: Record<string, Record<string, { subject: string; text: string }>>;
  } | null;
  webMessages: {
    /** ms; 0: for ever. */
    keep: number;
    /** By the code of an organisation. */
    organisations: Record<string, { keep: number }>;
    /** Bytes. */
    body: number;
    /** ms */
    requestTimeout: number;
    /** Large requests at once. */
    concurrent: number;
    partyIds: "plain" | "hashed";
  };
  operations: {
    /** Under way at once in this process. */
    atOnce: number;
    /** How long they stay after their end, and what files they made, ms. */
    retention: number;
    keepFiles: number;
    /** Bytes: a file as it comes, and unpacked; what an export makes. */
    importSize: number;
    importUnpacked: number;
    exportSize: number;
  };
  /** By name, in the order of the YAML. */
  channels: Record<string, ChannelConfig>;
  actions: Record<string, ActionConfig>;
  /** With that of the backups, where they run by the clock. */
  schedules: Record<string, ScheduleConfig>;
  /** Null: none by the clock. */
  backup: BackupConfig | null;
  provision: ProvisionConfig;
  /** What is accepted but will not do what it says. Printed by `check` and `serve`. */
  warnings: ConfigIssue[];
}

/** Where web messages are also published. */
export type ChannelConfig = OpenEConfig | HttpChannelConfig;

interface AnyChannel {
  name: string;
  /** Whether whoever posts a message is answered when the channel has taken it, or at once. */
  publish: "sync" | "async";
  /** ms */
  timeout: number;
  connectTimeout: number;
  retry: RetrySchedule;
  /** Messages under way at once, with `async`. */
  concurrency: number;
  /** Codes; empty: every organisation's messages. */
  organisations: string[];
  /** PEM files, absolute; null: the usual authorities, and no certificate to show. */
  tls: { caFile: string | null; certFile: string | null; keyFile: string | null };
}

export interface OpenEEndpoint {
  url: string;
  username: string | null;
  password: string | null;
}

export interface OpenEConfig extends AnyChannel {
  kind: "open-e";
  numericFlowInstanceId: boolean;
  /** Of messages that name no instance; null: they must. */
  endpoint: OpenEEndpoint | null;
  /** By name, in lower case. */
  instances: Map<string, OpenEEndpoint>;
}

export interface HttpChannelConfig extends AnyChannel {
  kind: "http";
  url: string;
  /** `whsec_...` */
  secret: string;
  headers: Record<string, string>;
  /** Whether the body has attachments in base64, or says where to fetch them. */
  attachments: "data" | "links";
}

export interface ActionConfig {
  name: string;
  description: string;
  /** JSON Schema of the action's input; null: it takes none. */
  input: JsonSchema | null;
  run: HttpRunConfig | CommandRunConfig;
  /** ms */
  timeout: number;
  /** Runs under way at once, of all and of one organisation; and of one that wait or are under way. */
  limits: { atOnce: number; perOrganisation: number; open: number };
  /** Codes; empty: every organisation has it. */
  organisations: string[];
  dryRun: "validate" | "pass";
  interrupted: "fail" | "again";
}

export interface HttpRunConfig {
  kind: "http";
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Templates (`actions/template.ts`): this, the headers, and the texts in the body. */
  url: string;
  headers: Record<string, string>;
  /** Undefined: the input. */
  body: JsonValue | undefined;
  /** Null: none, or what the headers say. */
  authorization: { username: string; password: string } | { token: string } | null;
  /** PEM, absolute. */
  caFile: string | null;
  /** `body`: by the way to the value, such as `report.state`. */
  success: { status: number[]; body: Record<string, JsonValue> };
  /** Bytes. */
  resultLimit: number;
  retries: number;
  /** ms */
  retryWait: number;
}

export interface CommandRunConfig {
  kind: "command";
  /** A program that is named by a path has an absolute one. */
  command: string[];
  environment: Record<string, string>;
  /** Absolute. */
  directory: string;
  /** Bytes. */
  outputLimit: number;
  /** Whether this server runs commands at all. */
  allowed: boolean;
}

export interface BackupConfig {
  /** Absolute. */
  folder: string;
  /** How many days and weeks have one that stays. */
  keep: { daily: number; weekly: number };
  /** Seals the key file; null: it is not in the backups. */
  passphrase: string | null;
}

export interface ScheduleConfig {
  name: string;
  cron: string;
  timezone: string;
  runs: { kind: "action"; action: string; input: JsonValue } | { kind: "chore"; chore: string };
  /** Codes; empty: all that have the action. */
  organisations: string[];
  catchUp: "none" | "one";
  enabled: boolean;
}

export interface ProvisionConfig {
  organisations: {
    code: string;
    name: string;
    password: string | null;
    allowedIps: string[];
    sites: string[];
    returnUrls: string[];
    language: "sv" | "nl" | "fr" | "en";
    /** Null: what is usual. */
    passwordGrants: GrantConfig[] | null;
  }[];
  accounts: {
    organisation: string;
    name: string;
    description: string;
    grants: GrantConfig[];
    totp: boolean;
    allowedIps: string[];
    expiresAt: string | null;
    token: { kind: "opaque" | "jwt"; life: number; refresh: boolean };
    apiToken: string | null;
    /** base32 */
    totpSecret: string | null;
  }[];
  users: {
    organisation: string;
    username: string;
    email: string;
    name: string;
    roles: string[];
    groups: string[];
    password: string | null;
  }[];
  impersonationPolicies: {
    organisation: string;
    account: string;
    users: string[];
    groups: string[];
    scopes: string[];
    /** ms */
    life: number;
  }[];
  receivers: {
    organisation: string;
    account: string;
    name: string;
    url: string;
    description: string;
    topics: string[];
    format: "changes" | "event" | "cloudevents";
    payload: "thin" | "full";
    secret: string | null;
    /** As the API takes it. */
    auth: Record<string, string> | null;
    bundle: { quiet?: string; longest?: string; size?: number } | null;
    contact: string | null;
    ordered: boolean;
    retry: string;
    headers: Record<string, string>;
    enabled: boolean;
  }[];
}
