/**
 * Preloaded into a server, it counts which SQL statements are run, and writes the counts to the file SQL_SPY as JSON
 * (statement to number of runs) whenever they have changed.
 */
import { Database, type Statement } from "bun:sqlite";
import { renameSync, writeFileSync } from "node:fs";

const file = process.env["SQL_SPY"] ?? "";
const counts = new Map<string, number>();
let written = true;

function count(sql: string): void {
  counts.set(sql, (counts.get(sql) ?? 0) + 1);
  written = false;
}

/** The methods are a statement's own properties, not its class's, so each statement is wrapped when it is made. */
function watch<S extends Statement>(sql: string, made: S): S {
  for (const method of ["run", "get", "all", "values", "iterate", "raw"]) {
    const original: unknown = Reflect.get(made, method);
    if (typeof original !== "function") continue;
    Reflect.set(made, method, (...args: unknown[]) => {
      count(sql);
      return Reflect.apply(original, made, args);
    });
  }
  return made;
}

/** The file that says which server has the database is a database of its own. */
const isLock = (database: Database) => database.filename.endsWith(".lock");

const watched = new WeakSet<object>();
for (const method of ["prepare", "query"] as const) {
  const original = Database.prototype[method];
  Reflect.set(Database.prototype, method, function (this: Database, sql: string, ...rest: unknown[]) {
    const made: Statement = Reflect.apply(original, this, [sql, ...rest]);
    // `query` hands out the same statement again, and may itself call `prepare`.
    if (isLock(this) || watched.has(made)) return made;
    watched.add(made);
    return watch(sql, made);
  });
}
for (const method of ["run", "exec"] as const) {
  const original = Database.prototype[method];
  Reflect.set(Database.prototype, method, function (this: Database, sql: string, ...rest: unknown[]) {
    if (!isLock(this)) count(sql);
    return Reflect.apply(original, this, [sql, ...rest]);
  });
}

setInterval(() => {
  if (written || !file) return;
  written = true;
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(counts)));
  renameSync(`${file}.new`, file);
}, 50).unref();
