/**
 * What has to hold between the parts of a configuration, beyond the shape of each.
 */
import { readFileSync } from "node:fs";

import { cryptoModule } from "../builtin.ts";
import { checkGrant } from "../grants/check.ts";
import { type GrantConfiguration, grantVocabulary } from "../grants/vocabulary.ts";
import { actionRules, scheduleRules } from "./action-rules.ts";
import { BUILT_IN_ROLES, SUPERADMINISTRATOR } from "../users/built-in-roles.ts";
import { managesPeople } from "../users/person.ts";
import { backupRules } from "./backup-rules.ts";
import { channelRules } from "./channel-rules.ts";
import { mailRules } from "./mail-rules.ts";
import { schemaFaults } from "./json-schema.ts";
import { propertiesOf } from "./schema-fields.ts";
import { builtInSchedules } from "./resolve.ts";
import type { RawConfig } from "./schema.ts";
import { serverRules } from "./server-rules.ts";
import type { Path, Source } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import { topicName } from "./topics.ts";
import type { ConfigIssue, JsonSchema } from "./types.ts";

/** What is wrong has been left out, at any depth. */
export type Partly<T> = T extends (infer U)[]
  ? Partly<U>[]
  : T extends object
    ? { [K in keyof T]?: Partly<T[K]> | undefined }
    : T;

type RawType = Partly<RawConfig["types"][string]>;
type RawGrant = RawConfig["roles"][string]["grants"][number];
type RawGrants = readonly (Partly<RawGrant> | undefined)[] | undefined;

/** Under `/api/v1` these are not types. */
const FIXED_PATHS = new Set(
  (
    "accounts actions audit changes deliveries export impersonate import mails me openapi operations organisations organizations overview publications receivers " +
    "schedules session setup system types users webmessages"
  ).split(" "),
);
const OWN_TOPICS = new Set(["Accounts", "Users", "WebMessages", "Webmessages", "Operations", "Receivers"]);
const OWN_OBJECTS = new Set(
  "account user organisation receiver delivery change operation action schedule webmessage web_message web-message".split(
    " ",
  ),
);

/** Where the schema of a type was read from, if not from the configuration itself. */
export type SchemaSource = (type: string) => Source | undefined;

interface Options {
  /** Hold the schemas against their meta-schema too. */
  thorough: boolean;
  schemaSource: SchemaSource;
}

/** @returns everything that breaks a rule, with its place in `source` */
export function brokenRules(raw: Partly<RawConfig>, source: Source, options: Options): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const report = (path: Path, message: string, what: "key" | "value" = "value") =>
    issues.push(source.issue(source.locate(path, what), path, message));

  const types = Object.entries(raw.types ?? {});
  const byTopic = new Map<string, string>();
  const byObject = new Map<string, string>();
  for (const [name, type] of types) {
    const path = ["types", name];
    typeName(name, byTopic, (message) => report(path, message, "key"));
    objectName(name, type?.object, byObject, (message) => report([...path, "object"], message));
    const schemaIssue = (inside: Path, message: string) => {
      const other = options.schemaSource(name);
      if (other) issues.push(other.issue(other.locate(inside), inside, message));
      else report([...path, "schema", ...inside], message);
    };
    typeSchema(type?.schema, options.thorough, schemaIssue);
    typeFields(type, (inside, message) => report([...path, ...inside], message));
    parent(type, types, (inside, message) => report([...path, ...inside], message));
  }

  const { quiet, longest } = raw.webhooks?.bundle ?? {};
  if (quiet !== undefined && longest !== undefined && quiet > longest)
    report(["webhooks", "bundle", "quiet"], "found more than longest, expected at most as much");
  authorities(raw.webhooks?.ca_file, (message) => report(["webhooks", "ca_file"], message));
  serverRules(raw.server, options.thorough, report);
  rateWindows(raw, report);
  actionRules(raw, options.thorough, report);
  scheduleRules(raw, report);
  backupRules(raw, report);
  userRoles(raw, report);
  const retries = [...Object.keys(builtInSchedules), ...Object.keys(raw.webhooks?.retry_schedules ?? {})];
  channelRules(raw.channels ?? {}, retries, report, (path) => source.gives(path));
  mailRules(raw.smtp?.templates ?? {}, report);
  grants(raw, report);
  return issues;
}

function typeName(name: string, byTopic: Map<string, string>, report: (message: string) => void): void {
  const topic = topicName(name);
  const other = byTopic.get(topic);
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name))
    return report(
      `found ${JSON.stringify(name)}, expected a lower-case name (a-z, 0-9, _ and -, a letter first)`,
    );
  if (FIXED_PATHS.has(name) || OWN_TOPICS.has(topic))
    return report(`found a name that Koppla uses itself, expected another`);
  if (other !== undefined)
    return report(`found a name whose topic ${topic} is that of ${other} too, expected another`);
  byTopic.set(topic, name);
}

function objectName(
  type: string,
  object: string | undefined,
  byObject: Map<string, string>,
  report: (message: string) => void,
): void {
  if (object === undefined) return;
  const other = byObject.get(object);
  if (OWN_OBJECTS.has(object)) report(`found "${object}", which Koppla uses itself, expected another name`);
  else if (other !== undefined)
    report(`found "${object}", which is the object of ${other} too, expected another name`);
  else byObject.set(object, type);
}

function typeSchema(
  schema: Partly<JsonSchema> | undefined,
  thorough: boolean,
  report: (path: Path, message: string) => void,
): void {
  if (schema === undefined) return;
  const given = schema as JsonSchema;
  if (given["type"] !== undefined && given["type"] !== "object")
    report(["type"], `found ${JSON.stringify(given["type"])}, expected object: a record is one`);
  const reserved = propertiesOf(given)?.includes("_meta");
  if (reserved) report(["properties", "_meta"], "found a name that Koppla uses itself, expected another");
  for (const fault of schemaFaults(given, thorough)) report(fault.path, fault.message);
}

type ReportInside = (path: Path, message: string) => void;

function typeFields(type: RawType | undefined, report: ReportInside): void {
  const known = propertiesOf(type?.schema as JsonSchema | undefined);
  const check = (list: string, fields: readonly string[] | undefined, also: readonly string[]) => {
    const seen = new Set<string>();
    for (const [index, field] of (fields ?? []).entries()) {
      if (seen.has(field)) report([list, index], `found "${field}" a second time, expected each field once`);
      else if (known && !known.includes(field) && !also.includes(field))
        report([list, index], `found "${field}", ${unknownField(field, [...known, ...also])}`);
      seen.add(field);
    }
  };
  check("filters", type?.filters, []);
  check("search", type?.search, []);
  check("public", type?.public, ["id"]);
  for (const [name, field] of Object.entries(type?.dates ?? {})) {
    if (field !== undefined && known && !known.includes(field))
      report(["dates", name], `found "${field}", ${unknownField(field, known)}`);
  }
}

const unknownField = (field: string, known: readonly string[]) =>
  `expected a property of the type's schema${didYouMean(field, known)}`;

function parent(
  type: RawType | undefined,
  types: [string, RawType | undefined][],
  report: ReportInside,
): void {
  const { type: parentType, field } = type?.parent ?? {};
  const names = types.map(([name]) => name);
  if (parentType !== undefined && !names.includes(parentType))
    report(
      ["parent", "type"],
      `found "${parentType}", expected one of the types${didYouMean(parentType, names)}`,
    );
  const known = propertiesOf(type?.schema as JsonSchema | undefined);
  if (field !== undefined && known && !known.includes(field))
    report(["parent", "field"], `found "${field}", ${unknownField(field, known)}`);
}

/** A certificate that cannot be read would be passed over in silence, and the requests that need it fail. */
function authorities(file: string | undefined, report: (message: string) => void): void {
  if (file === undefined) return;
  try {
    const found = readFileSync(file, "utf8").match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    const { X509Certificate } = cryptoModule();
    for (const pem of found ?? []) new X509Certificate(pem);
    if (!found) report(`found no certificate in ${file}, expected at least one in PEM`);
  } catch {
    report(`found a certificate in ${file} that cannot be read, expected PEM`);
  }
}

/** The header has whole seconds (`w=60`), and what a window counts lives in memory. */
function rateWindows(raw: Partly<RawConfig>, report: (path: Path, message: string) => void): void {
  for (const [name, limit] of Object.entries(raw.rate_limits ?? {})) {
    const { window } = limit ?? {};
    if (window === undefined || (window >= 1_000 && window <= 3_600_000)) continue;
    report(["rate_limits", name, "window"], "found another length, expected from 1s to 1h");
  }
}

function userRoles(raw: Partly<RawConfig>, report: (path: Path, message: string) => void): void {
  if (raw.roles && Object.hasOwn(raw.roles, SUPERADMINISTRATOR))
    report(["roles", SUPERADMINISTRATOR], "found a role that is always the same, expected another name");
  const own = Object.keys(raw.roles ?? {});
  const known = [...new Set([...BUILT_IN_ROLES, ...own])];
  for (const [index, role] of (raw.public_api?.user_roles ?? []).entries()) {
    const grants = (raw.roles?.[role ?? ""]?.grants ?? []).flatMap((grant) => {
      const { resource, actions } = grant ?? {};
      return resource !== undefined && actions !== undefined ? [{ resource, actions }] : [];
    });
    const isBuiltIn = BUILT_IN_ROLES.some((one) => one === role) && !own.includes(role ?? "");
    if (isBuiltIn || managesPeople(grants))
      report(
        ["public_api", "user_roles", index],
        `found ${role}, expected a role that anybody may have who registers`,
      );
    else if (!known.includes(role))
      report(
        ["public_api", "user_roles", index],
        `found "${role}", expected one of the roles${didYouMean(role, known)}`,
      );
  }
}

const isWhole = (grant: Partly<RawGrant> | undefined) =>
  grant?.resource !== undefined && grant.actions !== undefined && grant.actions.length > 0;

/** The grants of roles and provisioned accounts, held to what they mean as those of the API are. */
function grants(raw: Partly<RawConfig>, report: (path: Path, message: string) => void): void {
  // What is wrong with a type was reported where it stands.
  const types = Object.entries(raw.types ?? {}).map(([name, type]) => [name, type ?? {}]);
  const vocabulary = grantVocabulary({
    types: Object.fromEntries(types) as GrantConfiguration["types"],
    actions: raw.actions ?? {},
  });
  const lists: [Path, RawGrants][] = [
    ...Object.entries(raw.roles ?? {}).map(([name, role]): [Path, RawGrants] => [
      ["roles", name, "grants"],
      role?.grants,
    ]),
    ...(raw.provision?.accounts ?? []).map((account, index): [Path, RawGrants] => [
      ["provision", "accounts", index, "grants"],
      account?.grants,
    ]),
    ...(raw.provision?.organisations ?? []).map((organisation, index): [Path, RawGrants] => [
      ["provision", "organisations", index, "password_grants"],
      organisation?.password_grants,
    ]),
  ];
  for (const [path, list] of lists) {
    for (const [index, grant] of (list ?? []).entries()) {
      // What has not been read, the reader has told of.
      if (!isWhole(grant)) continue;
      for (const { path: inside, found, expected, hint } of checkGrant(grant, vocabulary).faults)
        report([...path, index, ...inside], `found ${found}, expected ${expected}${hint}`);
    }
  }
}
