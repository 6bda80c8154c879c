/**
 * From the YAML's names and shapes to the program's: {@link RawConfig} to {@link Config}.
 */
import { resolve } from "node:path";

import { channelKind, publishes } from "./channel-rules.ts";
import { formatDuration } from "./kinds.ts";
import { action, backupSchedule, schedule } from "./resolve-actions.ts";
import type { RawConfig } from "./schema.ts";
import type {
  ChannelConfig,
  Config,
  DatabaseConfig,
  ListenAddress,
  OpenEEndpoint,
  ProvisionConfig,
  RetrySchedule,
  TypeConfig,
} from "./types.ts";

const [second, minute, hour] = [1000, 60_000, 3_600_000];

/** What a receiver's `retry` may name without the YAML saying anything. */
export const builtInSchedules: Record<string, RetrySchedule> = {
  table: { steps: [1, 2, 6, 24].map((n) => n * hour), then: "fail" },
  standard: {
    steps: [5 * second, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((n) => n * hour)],
    then: "fail",
  },
  persistent: { steps: [5 * second, minute, 5 * minute, 30 * minute, hour], then: "repeat" },
};

/**
 * @param folder  what the database's path is relative to
 * @param file  see {@link Config.file}
 */
export function resolveConfig(raw: RawConfig, folder: string, file: string | null): Config {
  const { server, webhooks } = raw;
  const retrySchedules = { ...builtInSchedules, ...webhooks.retry_schedules };
  return {
    file,
    server: {
      listen: "unix" in server.listen ? { unix: resolve(folder, server.listen.unix) } : server.listen,
      socketMode: Number.parseInt(server.socket_mode, 8),
      publicUrl:
        server.public_url ?? urlOf(server.listen, server.tls !== undefined) + (server.base_path ?? ""),
      basePath: server.base_path ?? basePathOf(server.public_url),
      trustedProxies: server.trusted_proxies,
      dryRunHeaders: server.dry_run_headers,
      tls: server.tls ? { certFile: server.tls.cert_file, keyFile: server.tls.key_file } : null,
      httpRedirect: server.http_redirect ?? null,
      hsts: server.hsts ?? null,
      limits: {
        body: server.limits.body,
        requestTimeout: server.limits.request_timeout,
        connections: server.limits.connections ?? null,
        memory: server.limits.memory ?? null,
      },
    },
    database: database(raw.database, folder),
    care: { reserve: raw.database.reserve },
    secrets: { keyFile: raw.secrets.key_file },
    log: raw.log,
    types: named(raw.types, type),
    webhooks: {
      bundle: webhooks.bundle,
      timeout: webhooks.timeout,
      concurrency: webhooks.concurrency,
      maxInFlight: webhooks.max_in_flight,
      disableAfter: webhooks.disable_after,
      retrySchedules,
      allowTargets: webhooks.allow_targets,
      logRetention: webhooks.log_retention,
      logRetentionFailed: webhooks.log_retention_failed,
      logMax: webhooks.log_max,
      proxy: webhooks.proxy ?? null,
      caFile: webhooks.ca_file ?? null,
    },
    publicApi: {
      pushByGet: raw.public_api.push_by_get,
      defaultRows: Math.min(raw.public_api.default_rows, raw.public_api.max_rows),
      maxRows: raw.public_api.max_rows,
      maxAge: raw.public_api.max_age,
      cacheSize: raw.public_api.cache_size,
      userRoles: raw.public_api.user_roles,
      mailsPerHour: raw.public_api.mails_per_hour,
    },
    roles: named(raw.roles, (_, role) => role.grants),
    oauth: {
      codeLife: raw.oauth.code_life,
      refreshTokenLife: raw.oauth.refresh_token_life,
      keyRotation: raw.oauth.key_rotation,
    },
    sessions: raw.sessions,
    rateLimits: {
      account: raw.rate_limits.account ?? null,
      organisation: raw.rate_limits.organisation ?? null,
    },
    audit: {
      retention: raw.audit.retention,
      file: raw.audit.file ?? null,
      syslog: raw.audit.syslog ?? null,
    },
    metrics: {
      enabled: raw.metrics.enabled,
      listen: raw.metrics.listen ?? null,
      allowedIps: raw.metrics.allowed_ips,
    },
    tracing: raw.tracing
      ? {
          otlpUrl: raw.tracing.otlp_url,
          headers: raw.tracing.headers,
          sample: raw.tracing.sample_percent / 100,
        }
      : null,
    smtp: smtp(raw.smtp),
    webMessages: {
      keep: raw.web_messages.keep,
      organisations: raw.web_messages.organisations,
      body: raw.web_messages.body,
      requestTimeout: raw.web_messages.request_timeout,
      concurrent: raw.web_messages.concurrent,
      partyIds: raw.web_messages.party_ids,
    },
    operations: {
      atOnce: raw.operations.at_once,
      retention: raw.operations.retention,
      keepFiles: raw.operations.keep_files,
      importSize: raw.operations.import_size,
      importUnpacked: raw.operations.import_unpacked,
      exportSize: raw.operations.export_size,
    },
    channels: named(raw.channels, (name, given) => channel(name, given, retrySchedules)),
    actions: named(raw.actions, (name, given) => action(name, given, raw.actions_allow_commands, folder)),
    schedules: { ...named(raw.schedules, schedule), ...backupSchedule(raw) },
    backup: raw.backup
      ? { folder: raw.backup.folder, keep: raw.backup.keep, passphrase: raw.backup.passphrase ?? null }
      : null,
    provision: provision(raw.provision),
    warnings: [],
  };
}

/** The address on this machine; every address is reached by the loopback one. Of a socket nobody knows another. */
function urlOf(listen: ListenAddress, tls: boolean): string {
  if ("unix" in listen) return `${tls ? "https" : "http"}://localhost`;
  const { hostname, port } = listen;
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[hostname] ?? hostname;
  const host = reachable.includes(":") && !reachable.startsWith("[") ? `[${reachable}]` : reachable;
  return `${tls ? "https" : "http"}://${host}:${port}`;
}

function basePathOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? "" : new URL(publicUrl).pathname.replace(/\/+$/, "");
}

function database({ url, durability }: RawConfig["database"], folder: string): DatabaseConfig {
  if (url.kind === "postgres") return { ...url, durability };
  return { kind: "sqlite", path: resolve(folder, url.path), durability };
}

function type(name: string, raw: RawConfig["types"][string]): TypeConfig {
  return {
    name,
    object: raw.object,
    key: raw.key,
    // The same object where nothing is added: it has been compiled already, and that is remembered by the object.
    schema: raw.schema?.["type"] ? raw.schema : { type: "object", ...raw.schema },
    parent: raw.parent ?? null,
    public: raw.public,
    filters: raw.filters,
    search: raw.search,
    ...(raw.dates && {
      dates: {
        start: raw.dates.start,
        end: raw.dates.end ?? null,
        summary: raw.dates.summary ?? null,
        location: raw.dates.location ?? null,
      },
    }),
    description: raw.description,
  };
}

function channel(
  name: string,
  raw: RawConfig["channels"][string],
  schedules: Record<string, RetrySchedule>,
): ChannelConfig {
  const { url = "", secret = "", timeout, connect_timeout: connectTimeout, concurrency, organisations } = raw;
  const kind = channelKind(name, raw.kind) ?? "http";
  const common = {
    ...{ name, publish: publishes(kind, raw.publish), timeout, connectTimeout, concurrency, organisations },
    // The rules have made sure that it is there.
    retry: schedules[raw.retry] ?? { steps: [], then: "fail" as const },
    tls: { caFile: raw.ca_file ?? null, certFile: raw.cert_file ?? null, keyFile: raw.key_file ?? null },
  };
  if (kind === "http") {
    return { ...common, kind, url, secret, headers: raw.headers, attachments: raw.attachments };
  }
  return {
    ...{ ...common, kind, numericFlowInstanceId: raw.numeric_flow_instance_id },
    endpoint: url === "" ? null : endpoint({ ...raw, url }),
    instances: new Map(Object.entries(raw.instances).map(([key, instance]) => [key, endpoint(instance)])),
  };
}

function endpoint(raw: { url: string; username?: string; password?: string }): OpenEEndpoint {
  return { url: raw.url, username: raw.username ?? null, password: raw.password ?? null };
}

function smtp(raw: RawConfig["smtp"]): Config["smtp"] {
  if (raw === undefined) return null;
  const { url, from, admin = null, log_retention: logRetention, templates } = raw;
  return { url, from, admin, logRetention, templates };
}

function provision(raw: RawConfig["provision"]): ProvisionConfig {
  return {
    organisations: raw.organisations.map(({ allowed_ips: allowedIps, code, name, password, ...more }) => {
      const { sites, return_urls: returnUrls, language, password_grants: passwordGrants = null } = more;
      return {
        code,
        name,
        password: password ?? null,
        allowedIps,
        sites,
        returnUrls,
        language,
        passwordGrants,
      };
    }),
    accounts: raw.accounts.map(({ allowed_ips: allowedIps, expires_at, ...account }) => {
      const {
        api_token: apiToken,
        api_token_file: _,
        totp_secret: totpSecret,
        totp_secret_file: __,
        ...more
      } = account;
      return {
        ...{ ...more, allowedIps, expiresAt: expires_at ?? null },
        ...{ apiToken: apiToken ?? null, totpSecret: totpSecret ?? null },
      };
    }),
    users: raw.users.map(({ organisation, username, email, name, roles, groups, password = null }) => {
      return { organisation, username, email, name, roles, groups, password };
    }),
    impersonationPolicies: raw.impersonation_policies,
    receivers: raw.receivers.map(({ secret, secret_file: _, auth, bundle, contact, ...receiver }) => {
      return {
        ...{ ...receiver, secret: secret ?? null, contact: contact ?? null },
        auth: auth ? given(auth) : null,
        bundle: bundle ? inText(bundle) : null,
      };
    }),
  };
}

/** The members that are given. */
function given(all: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Times as the API takes them. */
function inText({ quiet, longest, size }: { quiet?: number; longest?: number; size?: number }) {
  return {
    ...(quiet !== undefined && { quiet: formatDuration(quiet) }),
    ...(longest !== undefined && { longest: formatDuration(longest) }),
    ...(size !== undefined && { size }),
  };
}

function named<T, U>(from: Record<string, T>, make: (name: string, value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, make(name, value)]));
}
