import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadConfig } from "./load.ts";

async function load(yaml: string) {
  const folder = mkdtempSync(join(tmpdir(), "koppla-backup-"));
  try {
    writeFileSync(join(folder, "koppla.yaml"), yaml);
    const config = await loadConfig(join(folder, "koppla.yaml"), {});
    return { ...config, folder };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("without the section there are no backups by the clock", async () => {
  const { backup, schedules } = await load("{}");
  expect([backup, schedules]).toEqual([null, {}]);
});

test("a folder is enough: every night, for a week and a month, without the key", async () => {
  const { backup, schedules, folder } = await load("backup: { folder: ./copies }");
  expect(backup).toEqual({ folder: join(folder, "copies"), keep: { daily: 7, weekly: 4 }, passphrase: null });
  expect(schedules["backup"]).toMatchObject({
    ...{ cron: "30 2 * * *", timezone: "UTC", catchUp: "one", enabled: true },
    runs: { kind: "chore", chore: "backup" },
  });
});

test("a schedule that names the chore says when instead", async () => {
  const { schedules } = await load(
    "backup: { folder: ./copies }\nschedules: { nightly: { cron: '0 4 * * *', chore: backup } }",
  );
  expect(Object.keys(schedules)).toEqual(["nightly"]);
});

test("times that never come, a passphrase to be guessed and nothing to keep are refused, all at once", async () => {
  const yaml =
    "backup:\n  folder: ./copies\n  cron: 0 0 31 2 *\n  timezone: Europe/Stokholm\n" +
    "  keep: { daily: 0 }\n  passphrase: short\n";
  const told = await load(yaml).then(
    () => "",
    (error: Error) => error.message,
  );
  for (const part of [
    "backup.cron",
    'did you mean "Europe/Stockholm"',
    "backup.keep.daily",
    "expected 12 characters or more",
  ])
    expect(told).toContain(part);
  expect(told).not.toContain("short");
});
