/**
 * The YAML file's contract, as TypeBox; its sections are in `schema/`. It is the one source of the loader's checks
 * (`decode.ts`), of the defaults, of `docs/koppla.yaml` (`reference.ts`) and of the JSON Schema for editors
 * (`editor-schema.ts`).
 *
 * A key that is neither optional nor has a default must be given. An object is always there, its keys decide.
 */
import type { Static } from "@sinclair/typebox";

import { flag, list, map, object, optional } from "./schema-parts.ts";
import { audit, grant, metrics, oauth, rateLimits, sessions, tracing } from "./schema/access.ts";
import { action, schedule } from "./schema/actions.ts";
import { backup } from "./schema/backup.ts";
import { channel, smtp } from "./schema/channels.ts";
import { type } from "./schema/data.ts";
import { webMessages } from "./schema/messages.ts";
import { operations } from "./schema/operations.ts";
import { account, impersonationPolicy, organisation, receiver, user } from "./schema/provision.ts";
import { publicApi } from "./schema/public-api.ts";
import { database, log, secrets, server } from "./schema/server.ts";
import { webhooks } from "./schema/webhooks.ts";

export const configSchema = object(
  {
    server,
    database,
    secrets,
    log,
    types: map(type, "What records there are.", "trainings"),
    webhooks,
    public_api: publicApi,
    roles: map(
      object({ grants: list(grant, "What they may do.", { minItems: 1 }) }, "A role."),
      "What people may do, by role, beside the built-in superadministrator, administrator, operator and reader.",
      "editor",
    ),
    oauth,
    sessions,
    rate_limits: rateLimits,
    audit,
    metrics,
    tracing: optional(tracing),
    smtp: optional(smtp),
    web_messages: webMessages,
    operations,
    channels: map(channel, "Where web messages are also published.", "open-e"),
    actions_allow_commands: flag("Whether actions may run commands on this machine.", false),
    actions: map(action, "Operations that partners can start.", "send-report"),
    schedules: map(schedule, "Actions that start by the clock.", "nightly-report"),
    backup: optional(backup),
    provision: object(
      {
        organisations: list(organisation, "Organisations."),
        accounts: list(account, "API accounts."),
        users: list(user, "People."),
        impersonation_policies: list(impersonationPolicy, "Which accounts may act in whose names."),
        receivers: list(receiver, "Receivers."),
      },
      "What is made or brought up to date at every start and reload, and can be changed here alone.",
    ),
  },
  "Koppla's configuration.",
);

/** The YAML as decoded: its own key names, defaults filled in, kinds parsed, `_file` twins read. */
export type RawConfig = Static<typeof configSchema>;
