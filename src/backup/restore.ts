/**
 * Brings a backup back: to where the configuration says that the database is, and only where none is.
 *
 * Also a plain SQLite file is taken: the copy that an upgrade made, one of SQLite's own tools, or Litestream's.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";

import { assetPath } from "../assets.ts";
import { shell } from "../audit/entry.ts";
import { AuditLog } from "../audit/service.ts";
import { leapFeeds } from "../changes/gap.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { takeDatabase } from "../control/lock.ts";
import { endLogins, useUpCodes } from "../oauth/restore.ts";
import { Problem } from "../problem.ts";
import { migrate, readMigrations } from "../store/migrate.ts";
import { openStore, sqliteTarget } from "../store/open.ts";
import { SqliteConnection } from "../store/sqlite/connection.ts";
import { organisationCount, sqliteToPostgres } from "../transfer/transfer.ts";
import type { Manifest } from "./format.ts";
import { openKey } from "./key.ts";
import { sync, syncName } from "./pack.ts";
import { extract } from "./verify.ts";

export interface RestoreOrder {
  file: string;
  config: Pick<Config, "database" | "secrets">;
  passphrase: string | undefined;
  clock: Clock;
  /**
   * `back`: to an earlier time, so that what has been used up since must not be good again. `move`: the database was
   * stopped and is carried elsewhere, so it goes on as it was.
   */
  how: "back" | "move";
  progress?: (phase: RestorePhase, done: number, total: number) => void;
}

/** `read`: bytes of the file; `fill`: rows into PostgreSQL. */
export type RestorePhase = "read" | "fill";

export interface Restored {
  /** ISO 8601; undefined of a plain database file, which does not say. */
  created_at: string | undefined;
  made_by: string | undefined;
  rows: number;
  /** Migrations that the database has had now, since it was older. */
  upgraded: string[];
  /** `there`: it was there before. `missing`: the backup has none either. */
  key: "restored" | "there" | "missing";
}

/** @throws Problem `conflict` where there is a database or another key; `invalid` where the file is not to be trusted */
export async function restore(order: RestoreOrder): Promise<Restored> {
  const { file, config, passphrase, clock, how, progress } = order;
  const { database, secrets } = config;
  await refuseToOverwrite(database);
  // PostgreSQL has no folder here: the key file's is Koppla's own.
  const target = `${database.kind === "sqlite" ? database.path : `${secrets.keyFile}.database`}.restoring`;
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  mkdirSync(dirname(secrets.keyFile), { recursive: true, mode: 0o700 });
  const lock = takeDatabase(database, { clock, what: "restore" });
  try {
    const options = { progress: (done: number, total: number) => progress?.("read", done, total) };
    const { manifest, key: sealed, rows, standing } = await extract(file, target, options);
    if (standing.state === "newer") throw newer(manifest, standing.migrations);
    const key = await placeKey(secrets.keyFile, sealed, passphrase);
    await bringUpToDate(target, clock);
    if (how === "back") {
      await afterwards(target, clock, {
        file: basename(file),
        ...(manifest && { as_of: manifest.created_at, made_by: manifest.koppla }),
      });
    }
    if (database.kind === "sqlite") {
      await sync(target);
      renameSync(target, database.path);
      await syncName(database.path);
    } else {
      // It may have no tables yet.
      await (await openStore(database, clock)).close();
      await sqliteToPostgres(target, database.url, (done, total) => progress?.("fill", done, total));
    }
    const upgraded = standing.state === "older" ? standing.migrations : [];
    return { created_at: manifest?.created_at, made_by: manifest?.koppla, rows, upgraded, key };
  } finally {
    for (const ending of ["", "-wal", "-shm", "-journal"]) rmSync(`${target}${ending}`, { force: true });
    lock.release();
  }
}

async function refuseToOverwrite(database: Config["database"]): Promise<void> {
  if (database.kind === "sqlite") {
    const { path } = database;
    const found = [path, `${path}-wal`].find((one) => existsSync(one));
    if (found === undefined) return;
    throw new Problem(
      "conflict",
      `There is a database already, ${found}; nothing is overwritten. Stop the server, move ${path} and what begins ` +
        "with its name elsewhere, and try again.",
    );
  }
  if ((await organisationCount(database.url)) > 0) {
    throw new Problem(
      "conflict",
      "The PostgreSQL database has organisations already; nothing is overwritten. Name an empty one in database.url.",
    );
  }
}

function newer(manifest: Manifest | undefined, migrations: readonly string[]): Problem {
  const by = manifest ? `koppla ${manifest.koppla}` : "a newer version";
  return new Problem(
    "invalid",
    `The backup was made by ${by} and has ${migrations.join(", ")}, which this version does not know: restore it with that version or a newer one.`,
  );
}

/** @throws Problem `invalid` without the passphrase; `conflict` where another key is there */
async function placeKey(
  keyFile: string,
  sealed: Uint8Array | undefined,
  passphrase: string | undefined,
): Promise<Restored["key"]> {
  const there = existsSync(keyFile);
  if (!sealed || (there && passphrase === undefined)) return there ? "there" : "missing";
  if (passphrase === undefined) {
    throw new Problem(
      "invalid",
      `There is no key file ${keyFile}. The backup has it, sealed: give --passphrase-file, or put the key file there before.`,
    );
  }
  const key = Buffer.from(await openKey(sealed, passphrase));
  if (there) {
    if (readFileSync(keyFile).equals(key)) return "there";
    throw new Problem(
      "conflict",
      `${keyFile} is another key than that of the backup; nothing is overwritten.`,
    );
  }
  const part = `${keyFile}.restoring`;
  try {
    writeFileSync(part, key, { mode: 0o600, flush: true });
    linkSync(part, keyFile);
  } finally {
    rmSync(part, { force: true });
  }
  await syncName(keyFile);
  return "restored";
}

/** Without the copy that an upgrade makes: the backup is one. */
async function bringUpToDate(path: string, clock: Clock): Promise<void> {
  const connection = new SqliteConnection(path, "write");
  try {
    const target = { ...sqliteTarget(connection, path), beforeChange: async () => {} };
    await migrate(target, readMigrations(assetPath("db/sqlite")), clock.now());
  } finally {
    connection.close();
  }
}

/** What has been used up since counts as used, and each organisation's audit log says that it was set back. */
async function afterwards(path: string, clock: Clock, detail: Record<string, unknown>): Promise<void> {
  const store = await openStore({ kind: "sqlite", path, durability: "full" }, clock);
  try {
    await useUpCodes(store, clock);
    await endLogins(store);
    await leapFeeds(store, clock);
    const audit = new AuditLog({ store, clock });
    const ids = await store.read((reader) =>
      reader.query(({ db, t }) => db.select({ id: t.organisations.id }).from(t.organisations)),
    );
    await store.write(async (tx) => {
      for (const { id } of ids)
        audit.record(tx, shell(id), { action: "database.restore", outcome: "success", detail });
    });
  } finally {
    await store.close();
  }
}
