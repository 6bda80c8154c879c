import { expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { houseMetrics, type HouseSources } from "./house.ts";

const nothing: HouseSources = {
  disk: () => undefined,
  backups: () => Promise.resolve(undefined),
  backupFailures: () => undefined,
  certificateEnd: () => undefined,
  reload: () => ({ ok: true, takenAt: undefined }),
  files: () => ({ open: 0, allowed: Number.POSITIVE_INFINITY }),
};

/** @returns the values by name, as they are when it is called */
function values(house: HouseSources, clock = new ManualClock()) {
  const made = new Map<string, () => unknown>();
  const make = (name: string, _help: string, read: () => unknown) => made.set(name, read);
  houseMetrics({ gauge: make, counter: make }, house, clock);
  return async () =>
    Object.fromEntries(await Promise.all([...made].map(async ([n, read]) => [n, await read()])));
}

test("what a server does not have is not told", async () => {
  const told = await values(nothing)();
  expect(Object.entries(told).filter(([, value]) => value !== undefined)).toEqual([
    ["koppla_config_last_reload_successful", 1],
  ]);
});

test("times are seconds since 1970, and a folder without a backup is 0", async () => {
  const house: HouseSources = {
    disk: () => ({ free: 5, reserve: 3 }),
    backups: () => Promise.resolve({ lastAt: null, failed: true }),
    backupFailures: () => 2,
    certificateEnd: () => 2_000,
    reload: () => ({ ok: false, takenAt: 1_000 }),
    files: () => ({ open: 7, allowed: 1_024 }),
  };
  expect(await values(house)()).toEqual({
    koppla_disk_free_bytes: 5,
    koppla_disk_reserve_bytes: 3,
    koppla_backup_last_success_timestamp_seconds: 0,
    koppla_backup_last_successful: 0,
    koppla_backup_failures_total: 2,
    koppla_tls_certificate_expiry_timestamp_seconds: 2,
    koppla_config_last_reload_successful: 0,
    koppla_config_last_reload_success_timestamp_seconds: 1,
    process_open_fds: 7,
    process_max_fds: 1_024,
  });
});

test("the folder of backups is read once a minute at most", async () => {
  const clock = new ManualClock();
  let reads = 0;
  const seen = () => Promise.resolve({ lastAt: ++reads * 1_000, failed: false });
  const read = values({ ...nothing, backups: seen }, clock);
  const name = "koppla_backup_last_success_timestamp_seconds";
  expect([(await read())[name], (await read())[name]]).toEqual([1, 1]);
  clock.advance(60_001);
  expect((await read())[name]).toBe(2);
});
