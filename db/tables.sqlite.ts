/** The schema's tables for sqlite, named one by one: what drizzle-kit reads to generate `db/sqlite`. */
import { sqliteKit } from "./columns.ts";
import { defineSchema } from "./schema.ts";

export const tables = defineSchema(sqliteKit);

export const {
  organisations,
  feeds,
  accounts,
  accountTokens,
  users,
  sessions,
  loginKeys,
  impersonationPolicies,
  authorizationCodes,
  accessTokens,
  refreshTokens,
  signingKeys,
  dpopProofs,
  throttles,
  auditEvents,
  auditHeads,
  records,
  recordFields,
  formerFields,
  indexedFields,
  changes,
  receivers,
  deliveries,
  deliveryTerms,
  attempts,
  operations,
  mails,
  mailLog,
  messages,
  messageReferences,
  blobs,
  blobChunks,
  publications,
  publicationAttempts,
  idempotencyKeys,
} = tables;
