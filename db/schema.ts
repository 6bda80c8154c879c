/**
 * Every table of Koppla, declared once for both dialects, a file for each part in `schema/`.
 *
 * Times are milliseconds since 1970 (UTC). Indexes exist for a named query each; a partial index on due deliveries
 * stays small however large the log grows.
 */
import type { ColumnKit } from "./columns.ts";
import { accountTables } from "./schema/accounts.ts";
import { auditTables } from "./schema/audit.ts";
import { channelTables } from "./schema/channels.ts";
import { deliveryTables } from "./schema/deliveries.ts";
import { idempotencyTables } from "./schema/idempotency.ts";
import { importTables } from "./schema/imports.ts";
import { keyTables } from "./schema/keys.ts";
import { messageTables } from "./schema/messages.ts";
import { mailTables } from "./schema/mails.ts";
import { oauthTables } from "./schema/oauth.ts";
import { operationTables } from "./schema/operations.ts";
import { organisationTables } from "./schema/organisations.ts";
import { overviewTables } from "./schema/overview.ts";
import { portalTables } from "./schema/portal.ts";
import { provisionTables } from "./schema/provisions.ts";
import { recordTables } from "./schema/records.ts";
import { restoreTables } from "./schema/restores.ts";
import { scheduleTables } from "./schema/schedules.ts";
import { traceTables } from "./schema/traces.ts";
import { userTables } from "./schema/users.ts";

export type * from "./schema/stored.ts";
export type { StoredAttachment, StoredReference } from "./schema/messages.ts";

export function defineSchema(kit: ColumnKit) {
  return {
    ...organisationTables(kit),
    ...accountTables(kit),
    ...userTables(kit),
    ...oauthTables(kit),
    ...auditTables(kit),
    ...recordTables(kit),
    ...deliveryTables(kit),
    ...operationTables(kit),
    ...importTables(kit),
    ...scheduleTables(kit),
    ...mailTables(kit),
    ...messageTables(kit),
    ...channelTables(kit),
    ...idempotencyTables(kit),
    ...provisionTables(kit),
    ...portalTables(kit),
    ...overviewTables(kit),
    ...restoreTables(kit),
    ...keyTables(kit),
    ...traceTables(kit),
  };
}

export type Tables = ReturnType<typeof defineSchema>;
