/**
 * Bare program: the physical work of a durable push and nothing else. JSON is parsed, one row is inserted by a
 * prepared statement, all inserts that arrived in the same tick share one transaction, and the answer leaves when
 * that transaction is on disk. A list is one transaction with the inserts of its members.
 *
 * Argument: the folder for the database.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";

interface Item {
  id: number;
  name: string;
}

const db = new Database(join(process.argv[2] ?? ".", "bare.db"), { strict: true });
db.run("PRAGMA journal_mode = WAL");
db.run("PRAGMA synchronous = FULL");
db.run(
  "CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, data TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
);
const insert = db.prepare("INSERT OR REPLACE INTO items (id, data, at) VALUES (?, ?, ?)");
const begin = db.prepare("BEGIN IMMEDIATE");
const commit = db.prepare("COMMIT");

let waiting: { items: Item[]; done: () => void }[] = [];

function flush(): void {
  const batch = waiting;
  waiting = [];
  const now = Date.now();
  begin.run();
  for (const { items } of batch) for (const item of items) insert.run(item.id, JSON.stringify(item), now);
  commit.run();
  for (const { done } of batch) done();
}

function durable(items: Item[]): Promise<void> {
  return new Promise((done) => {
    if (waiting.push({ items, done }) === 1) setImmediate(flush);
  });
}

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const body: Item | Item[] = JSON.parse(await request.text());
    const items = Array.isArray(body) ? body : [body];
    await durable(items);
    return Response.json({ ids: items.map((item) => item.id) }, { status: 201 });
  },
});
console.log(JSON.stringify({ port: server.port }));
