/** Koppla's own chores: what schedules of the YAML may name. Each is made known where it is put together (`server.ts`). */
export const CHORES = {
  "audit-retention": "Removes what the audit log need not keep any longer (audit.retention).",
  "delivery-retention":
    "Removes deliveries that the webhook log need not keep (webhooks.log_retention, log_max).",
  "publication-retention": "Removes publications of web messages that their log need not keep.",
  "mail-retention": "Removes mails from their log (smtp.log_retention).",
  "login-key-retention":
    "Removes keys that were mailed to people, and their addresses, when they are forgotten.",
  "message-retention": "Removes web messages whose time is over (web_messages.keep).",
  "operation-retention": "Removes operations that ended long ago, and their files.",
  "attachment-removal": "Removes attachments that nothing refers to.",
  "idempotency-retention": "Removes answers that were kept for an Idempotency-Key, after 24 hours.",
  "space-return": "Gives the room of what was removed back to the disk, where the database is SQLite.",
  "trace-removal": "Forgets which traces changes and deliveries belonged to, after three days.",
  "key-rotation":
    "Makes the key that signs access tokens next, while the one before still does (oauth.key_rotation).",
  "token-removal": "Removes tokens, codes and proofs that have expired, and signing keys that nobody needs.",
  backup: "Makes a backup (backup.folder), and removes those that need not be kept.",
} as const satisfies Record<string, string>;

export type ChoreName = keyof typeof CHORES;

export function isChore(name: string): name is ChoreName {
  return Object.hasOwn(CHORES, name);
}
