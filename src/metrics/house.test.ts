import { expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { houseMetrics, type HouseSources } from "./house.ts";

const nothing: HouseSources = {
  disk: () => undefined,
  lastBackup: () => Promise.resolve(undefined),
  certificateEnd: () => undefined,
  reload: () => ({ ok: true, takenAt: undefined }),
  files: () => ({ open: 0, allowed: Number.POSITIVE_INFINITY }),
};

/** @returns the values by name, as they are when it is called */
function gauges(house: HouseSources, clock = new ManualClock()) {
  const made = new Map<string, () => unknown>();
  houseMetrics((name, _help, read) => made.set(name, read), house, clock);
  return async () =>
    Object.fromEntries(await Promise.all([...made].map(async ([n, read]) => [n, await read()])));
}

test("what a server does not have is not told", async () => {
  const told = await gauges(nothing)();
  expect(Object.entries(told).filter(([, value]) => value !== undefined)).toEqual([
    ["koppla_config_last_reload_successful", 1],
  ]);
});

test("times are seconds since 1970, and a folder without a backup is 0", async () => {
  const house: HouseSources = {
    disk: () => ({ free: 5, reserve: 3 }),
    lastBackup: () => Promise.resolve(null),
    certificateEnd: () => 2_000,
    reload: () => ({ ok: false, takenAt: 1_000 }),
    files: () => ({ open: 7, allowed: 1_024 }),
  };
  expect(await gauges(house)()).toEqual({
    koppla_disk_free_bytes: 5,
    koppla_disk_reserve_bytes: 3,
    koppla_backup_last_success_timestamp_seconds: 0,
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
  const read = gauges({ ...nothing, lastBackup: () => Promise.resolve(++reads * 1_000) }, clock);
  const name = "koppla_backup_last_success_timestamp_seconds";
  expect([(await read())[name], (await read())[name]]).toEqual([1, 1]);
  clock.advance(60_001);
  expect((await read())[name]).toBe(2);
});
