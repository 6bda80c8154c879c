import { assetPath } from "../../assets.ts";
import { sizeText } from "../../backup/space.ts";
import { readMigrations } from "../../store/migrate.ts";
import { appliedMigrations } from "../../system/queries.ts";
import { dataCheck, error, ok, skipped, warning } from "../check.ts";

const MB = 2 ** 20;
/** Bytes of the write-ahead log. It is cut back to 64 MB whenever it was moved into the database. */
const WAL_WARNING = 256 * MB;
const WAL_ERROR = 1_024 * MB;

/** Whether the database answers and can be written. */
export const database = dataCheck("database", async ({ store }) => {
  const kind = store.dialect === "sqlite" ? "SQLite" : "PostgreSQL";
  try {
    await store.ready();
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return error(
      `The ${kind} database cannot be written: ${why}.`,
      "Look at its disk, its permissions, and the server's log.",
    );
  }
  const { database: bytes } = await store.size();
  return ok(`The ${kind} database can be written; it holds ${sizeText(bytes)}.`);
});

/** Whether the database is the one that this version knows. */
export const migrations = dataCheck("migrations", async ({ store }) => {
  const applied = await store.read((reader) => reader.run(appliedMigrations, {}));
  const names = new Set(applied.map(({ name }) => name));
  const known = readMigrations(assetPath(`db/${store.dialect}`)).map(({ name }) => name);
  const missing = known.filter((name) => !names.has(name));
  const strange = [...names].filter((name) => !known.includes(name));
  if (strange.length > 0) {
    return error(
      `The database was changed by a newer version: ${strange.join(", ")}.`,
      "Another server on it runs a newer version: run that everywhere.",
    );
  }
  if (missing.length > 0) {
    return error(`The database lacks ${missing.join(", ")}.`, "Restart the server, which applies them.");
  }
  return ok(`All ${known.length} migrations are applied, the newest is ${known.at(-1) ?? "none"}.`);
});

/** Whether the write-ahead log is moved into the database. */
export const wal = dataCheck("wal", async ({ store }) => {
  const { wal: bytes } = await store.size();
  if (bytes === undefined) return skipped("PostgreSQL looks after its own.");
  const told = `The write-ahead log holds ${sizeText(bytes)}.`;
  const remedy =
    "Something reads the database without end, such as a tool that has it open: end that. A restart of the server cuts the log back.";
  if (bytes >= WAL_ERROR) return error(told, remedy);
  return bytes >= WAL_WARNING ? warning(told, remedy) : ok(told);
});
