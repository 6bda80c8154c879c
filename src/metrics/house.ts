/** What wakes a sysadmin: the disk, backups, the certificate, the configuration, open files. All looked up when asked. */
import type { Clock } from "../clock.ts";

export interface HouseSources {
  /** As care saw it at its last look, bytes; undefined where the disk is not ours to look at. */
  disk: () => { free: number; reserve: number } | undefined;
  /** When the newest whole backup was made, ms since 1970; null: none yet; undefined: none are made by the clock. */
  lastBackup: () => Promise<number | null | undefined>;
  /** When the certificate in use ends, ms since 1970. */
  certificateEnd: () => number | undefined;
  /** The last reload: whether it was taken, and when one was, ms since 1970. */
  reload: () => { ok: boolean; takenAt: number | undefined };
  /** Open files of the process, and how many it may have. */
  files: () => { open: number; allowed: number };
}

type Gauges = (
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
) => unknown;

/** A folder of backups may be on another machine: it is not read more often, ms. */
const BACKUP_AGE_MS = 60_000;

export function houseMetrics(gauge: Gauges, house: HouseSources, clock: Clock): void {
  gauge("koppla_disk_free_bytes", "Free on the disk of the database (SQLite).", () => house.disk()?.free);
  gauge(
    "koppla_disk_reserve_bytes",
    "database.reserve: with less free, pushes, messages and imports are refused (SQLite).",
    () => house.disk()?.reserve,
  );
  const lastBackup = remembered(house.lastBackup, clock);
  gauge(
    "koppla_backup_last_success_timestamp_seconds",
    "When the newest backup in backup.folder was made, since 1970; 0 where there is none yet.",
    async () => {
      const at = await lastBackup();
      return at === undefined ? undefined : (at ?? 0) / 1000;
    },
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
