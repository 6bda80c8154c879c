/**
 * Bare program: the physical work of an import and nothing else. The NDJSON file is read in pieces, each line parsed,
 * and its row inserted by a prepared statement, a thousand rows in a transaction that is on disk before the next one.
 *
 * Arguments: the file, and the folder for the database. Prints the rows and the seconds that they took.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";

const [file = "", folder = "."] = process.argv.slice(2);
const ROWS = 1_000;

const db = new Database(join(folder, `bare-${process.pid}.db`), { strict: true });
db.run("PRAGMA journal_mode = WAL");
db.run("PRAGMA synchronous = FULL");
db.run("CREATE TABLE items (id INTEGER PRIMARY KEY, data TEXT NOT NULL, at INTEGER NOT NULL) STRICT");
const insert = db.prepare("INSERT OR REPLACE INTO items (id, data, at) VALUES (?, ?, ?)");
const begin = db.prepare("BEGIN IMMEDIATE");
const commit = db.prepare("COMMIT");

const started = performance.now();
let rows = 0;
let rest = "";
const decoder = new TextDecoder();
begin.run();
const take = (lines: string[]) => {
  for (const line of lines) {
    if (line === "") continue;
    const item: { id: number } = JSON.parse(line);
    insert.run(item.id, JSON.stringify(item), Date.now());
    if (++rows % ROWS !== 0) continue;
    commit.run();
    begin.run();
  }
};
for await (const piece of Bun.file(file).stream()) {
  const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
  rest = lines.pop() ?? "";
  take(lines);
}
take([rest]);
commit.run();
console.log(JSON.stringify({ rows, seconds: (performance.now() - started) / 1_000 }));
