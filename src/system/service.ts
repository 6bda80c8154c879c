/** What is told of the server itself, to those who look after all of it. */
import { hostname } from "node:os";

import { assetPath } from "../assets.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { isoTime } from "../http/query.ts";
import type { SigningKeyState } from "../oauth/keys.ts";
import { readMigrations } from "../store/migrate.ts";
import type { Store } from "../store/store.ts";
import { version } from "../version.ts";
import { backupsOf, type ShownBackups } from "./backups.ts";
import { kindOfChore } from "../schedules/chores.ts";
import { appliedMigrations, lastEnded } from "./queries.ts";

export interface SystemCollaborators {
  config: Config;
  store: Store;
  clock: Clock;
  oauth: { signingKeys(): Promise<SigningKeyState[]> };
}

export interface ShownSystem {
  version: string;
  started_at: string;
  node: string;
  public_url: string;
  database: {
    kind: "sqlite" | "postgres";
    bytes: number;
    /** Of the write-ahead log beside it; null on PostgreSQL. */
    wal_bytes: number | null;
    migrations: { name: string; applied_at: string }[];
    /** The newest migration that this version of the program knows. */
    newest: string | null;
  };
  keys: {
    key_file: string;
    signing: { kid: string; created_at: string; state: SigningKeyState["state"] }[];
  };
  backups: ShownBackups;
  runtime: { bun: string; memory_bytes: number; pid: number; uptime_seconds: number };
}

export class SystemService {
  readonly #o: SystemCollaborators;
  readonly #startedAt: number;

  constructor(collaborators: SystemCollaborators) {
    this.#o = collaborators;
    this.#startedAt = collaborators.clock.now();
  }

  async backups(): Promise<ShownBackups> {
    const { config, store } = this.#o;
    const [last] = await store.read((reader) => reader.run(lastEnded, { kind: kindOfChore("backup") }));
    return await backupsOf(config, last);
  }

  async show(publicUrl: string): Promise<ShownSystem> {
    const { config, store, clock, oauth } = this.#o;
    const [size, migrations, signing, backups] = await Promise.all([
      store.size(),
      store.read((reader) => reader.run(appliedMigrations, {})),
      oauth.signingKeys(),
      this.backups(),
    ]);
    return {
      version,
      started_at: isoTime(this.#startedAt),
      node: hostname(),
      public_url: publicUrl,
      database: {
        kind: store.dialect,
        bytes: size.database,
        wal_bytes: size.wal ?? null,
        migrations: migrations.map(({ name, appliedAt }) => ({ name, applied_at: isoTime(appliedAt) })),
        newest: readMigrations(assetPath(`db/${store.dialect}`)).at(-1)?.name ?? null,
      },
      keys: {
        key_file: config.secrets.keyFile,
        signing: signing.map(({ kid, createdAt, state }) => ({ kid, created_at: isoTime(createdAt), state })),
      },
      backups,
      runtime: {
        bun: Bun.version,
        memory_bytes: process.memoryUsage.rss(),
        pid: process.pid,
        uptime_seconds: Math.max(0, Math.floor((clock.now() - this.#startedAt) / 1000)),
      },
    };
  }
}
