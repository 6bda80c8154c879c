/** Fills the database of a stopped server, past the server: what would take hours through its API takes seconds. */
import { Database } from "bun:sqlite";

import type { Bench } from "./bench.ts";
import { Koppla, OBJECT, TYPE } from "./koppla.ts";
import { ITEM } from "./subjects.ts";

/** Ids of seeded records, far from those that a load pushes. */
export const SEEDED_ID = 3_000_000_000;
/** The record whose rows the others are copies of: all ids have ten digits, so they differ in these alone. */
const MODEL = SEEDED_ID - 1;

const bundle = { quiet: "24h", longest: "24h", size: 500 };
const counted = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $count)";
const body = (id: string) =>
  `'{"changes":[{"action":"update","object":"${OBJECT}","id":' || ${id} || ',"url":"http://127.0.0.1:8080/api/v1/${TYPE}/' || ${id} || '"}]}'`;
/** `msg_` and a UUIDv7 without dashes: time, version 7, variant 8, and a number in place of what is random. */
const deliveryId = (time: string, number: string) => `printf('msg_%012x700080%014x', ${time}, ${number})`;
const requestHeaders = JSON.stringify({
  "content-type": "application/json",
  "user-agent": "koppla/0.1.0",
  "webhook-id": "msg_019a2b3c4d5e7f00800000000000000a",
  "webhook-timestamp": "1795287900",
  "webhook-signature": "v1,[hidden]",
});

function open(koppla: Koppla): Database {
  const db = new Database(koppla.database, { strict: true });
  // The server is stopped and nothing here needs to survive a power cut.
  db.run("PRAGMA synchronous = OFF");
  db.run("PRAGMA cache_size = -200000");
  return db;
}

/** A stopped Koppla with `rows` records, changes, delivered deliveries and attempts. */
export async function grow(rows: number, sinkPort: number): Promise<Koppla> {
  const koppla = await Koppla.start();
  await koppla.receiver("Log", `http://127.0.0.1:${sinkPort}/log`, bundle);
  await koppla.api("POST", `/api/v1/${TYPE}`, 201, JSON.parse(ITEM.replaceAll("{id}", `${MODEL}`)));
  await koppla.stop();
  const db = open(koppla);
  const values = { count: rows, first: SEEDED_ID, model: `${MODEL}` };
  const log = { count: rows, first: SEEDED_ID, start: Date.now() - 3_600_000 - rows };
  db.transaction(() => {
    db.query(
      `INSERT INTO records (organisation_id, type, key, data, version, created_at, modified_at)
      ${counted} SELECT organisation_id, type, replace(key, $model, $first + i), replace(data, $model, $first + i),
        version, created_at, modified_at + i / 100 FROM records, n WHERE key LIKE '%' || $model`,
    ).run(values);
    db.query(
      `INSERT INTO changes (organisation_id, object, key, topic, action, sequence, at, actor)
      ${counted} SELECT c.organisation_id, object, replace(key, $model, $first + i), topic, action,
        f.sequence + 1 + i, at, actor FROM changes c JOIN feeds f USING (organisation_id), n
        WHERE key LIKE '%' || $model`,
    ).run(values);
    db.query("UPDATE feeds SET sequence = sequence + $count").run({ count: rows });
    db.query("UPDATE receivers SET cursor = (SELECT sequence FROM feeds)").run();
    db.query(
      `INSERT INTO deliveries (id, organisation_id, receiver_id, topics, status, status_code, attempts,
        created_at, next_attempt_at, schedule_from, body)
      ${counted} SELECT ${deliveryId("$start + i", "i")}, organisation_id, id, topics, 'delivered', 200, 1,
        $start + i, NULL, 0, ${body("($first + i)")} FROM receivers, n`,
    ).run(log);
    db.query(
      `INSERT INTO attempts (delivery_id, number, at, duration_ms, status_code, error, detail,
        request_headers, response_body)
      SELECT id, 1, created_at, 3, 200, NULL, NULL, $headers, '' FROM deliveries`,
    ).run({ headers: requestHeaders });
  })();
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
  return koppla;
}

/**
 * Queues `count` deliveries, dealt to the receivers in turn, as an outage leaves them: made one after the other, a
 * millisecond apart, and all overdue.
 */
export function queue(koppla: Koppla, count: number): void {
  const db = open(koppla);
  db.run("CREATE TEMP TABLE dealt AS SELECT id, organisation_id, topics FROM receivers");
  const receivers = db.query<{ n: number }, []>("SELECT count(*) AS n FROM dealt").get()?.n ?? 0;
  db.query(
    `INSERT INTO deliveries (id, organisation_id, receiver_id, topics, status, status_code, attempts,
      created_at, next_attempt_at, schedule_from, body)
    ${counted} SELECT ${deliveryId("$start + i", "i")}, organisation_id, id, topics, 'pending', NULL, 0,
      $start + i, $start + i, 0, ${body("($first + i)")} FROM n JOIN dealt ON dealt.rowid = i % $receivers + 1`,
  ).run({
    count,
    receivers,
    start: Date.now() - count - 1_000,
    first: SEEDED_ID,
  });
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** What became of the queued deliveries: how many still wait, were delivered, and have an attempt in the log. */
export function logged(koppla: Koppla): { due: number; delivered: number; attempts: number } {
  const db = new Database(koppla.database, { readonly: true });
  try {
    const one = (sql: string) => db.query<{ n: number }, []>(sql).get()?.n ?? NaN;
    return {
      due: one("SELECT count(*) AS n FROM deliveries WHERE next_attempt_at IS NOT NULL"),
      delivered: one("SELECT count(*) AS n FROM deliveries WHERE status = 'delivered'"),
      attempts: one("SELECT count(*) AS n FROM attempts"),
    };
  } finally {
    db.close();
  }
}

/** Shares grown databases between cases. */
export function shareGrown(sinkPort: number): Bench["grown"] {
  const made = new Map<number, Promise<Koppla>>();
  return (rows) => {
    const found = made.get(rows) ?? grow(rows, sinkPort);
    made.set(rows, found);
    return found;
  };
}
