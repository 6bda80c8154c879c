/** What wakes a sysadmin: the disk, backups, the certificate, the configuration, open files. All looked up when asked. */
import type { Clock } from "../clock.ts";

export interface HouseSources {
  /** As care saw it at its last look, bytes; undefined where the disk is not ours to look at. */
  disk: () => { free: number; reserve: number } | undefined;
  /** Undefined: none are made by the clock. */
  backups: () => Promise<BackupsSeen | undefined>;
  /** How many backups by the clock have failed in this process; undefined: as above. */
  backupFailures: () => number | undefined;
  /** When the certificate in use ends, ms since 1970. */
  certificateEnd: () => number | undefined;
  /** The last reload: whether it was taken, and when one was, ms since 1970. */
  reload: () => { ok: boolean; takenAt: number | undefined };
  /** Open files of the process, and how many it may have. */
  files: () => { open: number; allowed: number };
}

export interface BackupsSeen {
  /** When the newest whole one was made, ms since 1970; null: none yet. */
  lastAt: number | null;
  /** Whether the last run has failed, and none was made since. */
  failed: boolean;
}

type Make<R> = (name: string, help: string, read: () => R) => unknown;

/** How metrics are made: what reads nothing (undefined) is not told. */
export interface Makers {
  gauge: Make<number | undefined | Promise<number | undefined>>;
  counter: Make<number | undefined>;
}

/** A folder of backups may be on another machine: it is not read more often, ms. */
const BACKUP_AGE_MS = 60_000;

export function houseMetrics({ gauge, counter }: Makers, house: HouseSources, clock: Clock): void {
  gauge("koppla_disk_free_bytes", "Free on the disk of the database (SQLite).", () => house.disk()?.free);
  gauge(
    "koppla_disk_reserve_bytes",
    "database.reserve: with less free, pushes, messages and imports are refused (SQLite).",
    () => house.disk()?.reserve,
  );
  const backups = remembered(house.backups, clock);
  gauge(
    "koppla_backup_last_success_timestamp_seconds",
    "When the newest backup in backup.folder was made, since 1970; 0 where there is none yet.",
    async () => {
      const seen = await backups();
      return seen && (seen.lastAt ?? 0) / 1000;
    },
  );
  gauge(
    "koppla_backup_last_successful",
    "Whether the last backup by the clock was made: 0 or 1; 1 before the first. Stays 0 over restarts.",
    async () => {
      const seen = await backups();
      return seen && (seen.failed ? 0 : 1);
    },
  );
  counter(
    "koppla_backup_failures_total",
    "Backups by the clock that were not made, since the server was started.",
    house.backupFailures,
  );
  gauge(
    "koppla_tls_certificate_expiry_timestamp_seconds",
    "When the certificate of server.tls that is in use ends, since 1970.",
    () => inSeconds(house.certificateEnd()),
  );
  gauge(
    "koppla_config_last_reload_successful",
    "Whether the last reload was taken: 0 or 1; 1 before the first.",
    () => (house.reload().ok ? 1 : 0),
  );
  gauge(
    "koppla_config_last_reload_success_timestamp_seconds",
    "When the configuration in use was taken, since 1970.",
    () => inSeconds(house.reload().takenAt),
  );
  gauge("process_open_fds", "Open files, connections among them.", () => known(house.files().open));
  gauge("process_max_fds", "How many there may be.", () => known(house.files().allowed));
}

const inSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);

/** Where the system does not tell, nothing is told. */
function known(count: number): number | undefined {
  return count > 0 && Number.isFinite(count) ? count : undefined;
}

function remembered<T>(read: () => Promise<T>, clock: Clock): () => Promise<T> {
  let kept: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = clock.now();
    if (!kept || Math.abs(now - kept.at) > BACKUP_AGE_MS) kept = { at: now, value: read() };
    return kept.value;
  };
}
