/** Fills the database of a stopped server with web messages, past the server. */
import { Database } from "bun:sqlite";

import type { Koppla } from "./koppla.ts";

export interface SeededMessages {
  rows: number;
  /** So many of them, the first ones, are older than 400 days. */
  old: number;
  /** Messages of each party, and of each case. */
  perParty: number;
}

const DAY = 86_400_000;

/** Of the message number `n`. */
export const messageId = (time: number, n: number): string => {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${n.toString(16).padStart(12, "0")}`;
};
export const partyId = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
export const caseNumber = (n: number): string => `${1_000_000 + n}`;

/** When message `n` was made: a millisecond apart, the old ones long ago. */
export function timeOf({ rows, old }: SeededMessages, now: number, n: number): number {
  return now - rows + n - (n < old ? 400 * DAY : 0);
}

/** @param now  milliseconds since 1970 */
export function seedMessages(koppla: Koppla, seeded: SeededMessages, now: number): void {
  const { rows, old, perParty } = seeded;
  const db = new Database(koppla.database, { strict: true });
  // The server is stopped and nothing here needs to survive a power cut.
  db.run("PRAGMA synchronous = OFF");
  db.run("PRAGMA cache_size = -200000");
  const time = `($now - $rows + i - iif(i < $old, ${400 * DAY}, 0))`;
  const id = `(substr(printf('%012x', ${time}), 1, 8) || '-' || substr(printf('%012x', ${time}), 9) || printf('-7000-8000-%012x', i))`;
  const reference = `(1000000 + i / $perParty)`;
  const counted = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $rows)";
  const organisation = "(SELECT min(organisation_id) FROM feeds)";
  const values = { rows, now, old, perParty };
  db.transaction(() => {
    db.query(
      `INSERT INTO messages (id, organisation_id, party_key, message, external_references, attachments, hidden, created_at)
      ${counted} SELECT ${id}, ${organisation}, printf('00000000-0000-4000-8000-%012x', i / $perParty),
        'Your application has arrived.', '[{"key":"caseNumber","value":"' || ${reference} || '"}]', '[]', 0, ${time} FROM n`,
    ).run(values);
    const few = { rows, now, old };
    db.query(
      `INSERT INTO message_references (organisation_id, key, value, message_id)
      ${counted} SELECT ${organisation}, 'caseNumber', CAST(${reference} AS TEXT), ${id} FROM n`,
    ).run(values);
    db.query(
      `INSERT INTO changes (organisation_id, object, key, topic, action, sequence, at)
      ${counted} SELECT ${organisation}, 'webmessage', ${id}, 'WebMessages.Create', 'create',
        (SELECT max(sequence) FROM feeds) + 1 + i, ${time} FROM n`,
    ).run(few);
    db.query("UPDATE feeds SET sequence = sequence + $rows").run({ rows });
  })();
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** How many messages made before a time are left, and how many chunks of attachments. */
export function leftOf(koppla: Koppla, before: number): { old: number; chunks: number } {
  const db = new Database(koppla.database, { readonly: true });
  try {
    const one = (sql: string, values: Record<string, string>) =>
      db.query<{ n: number }, [Record<string, string>]>(sql).get(values)?.n ?? NaN;
    return {
      old: one("SELECT count(*) AS n FROM messages WHERE id < $id", { $id: messageId(before, 0) }),
      chunks: one("SELECT count(*) AS n FROM blob_chunks", {}),
    };
  } finally {
    db.close();
  }
}
