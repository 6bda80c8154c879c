/** The schema's tables for postgres, named one by one: what drizzle-kit reads to generate `db/postgres`. */
import { postgresKit } from "./columns.ts";
import { defineSchema } from "./schema.ts";

export const tables = defineSchema(postgresKit);

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
