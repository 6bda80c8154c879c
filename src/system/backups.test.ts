import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { nameAt } from "../backup/format.ts";
import type { Config } from "../config/types.ts";
import { backupsOf } from "./backups.ts";

const folder = mkdtempSync(join(tmpdir(), "koppla-backups-"));
afterAll(() => rmSync(folder, { recursive: true }));

const backup: Config["backup"] = { folder, keep: { daily: 1, weekly: 1 }, passphrase: null };
const nightly: Config["schedules"][string] = {
  ...{ name: "backup", cron: "0 2 * * *", timezone: "UTC", organisations: [], catchUp: "one", enabled: true },
  runs: { kind: "chore", chore: "backup" },
};

test("the newest backup in the folder is the last one; halves and other files are none", async () => {
  expect(await backupsOf({ backup, schedules: { backup: nightly } }, undefined)).toEqual({
    ...{ last_at: null, last_ok: false, last_failure: null, path: folder, schedule: "0 2 * * *" },
  });
  const at = Date.UTC(2026, 10, 21, 2);
  for (const name of [nameAt(at - 86_400_000), nameAt(at), `${nameAt(at + 1_000)}.part`, "notes.txt"])
    writeFileSync(join(folder, name), "");
  expect(await backupsOf({ backup, schedules: {} }, undefined)).toEqual({
    ...{
      last_at: "2026-11-21T02:00:00.000Z",
      last_ok: true,
      last_failure: null,
      path: folder,
      schedule: null,
    },
  });
});

test("a run that failed is told until a backup is made after it", async () => {
  const made = Date.UTC(2026, 10, 21, 2);
  const failed = (completedAt: number) =>
    backupsOf({ backup, schedules: {} }, { status: "ERROR", message: "No room.", completedAt });
  expect(await failed(made + 60_000)).toMatchObject({
    ...{ last_at: "2026-11-21T02:00:00.000Z", last_ok: false },
    last_failure: { at: "2026-11-21T02:01:00.000Z", reason: "No room." },
  });
  expect(await failed(made - 60_000)).toMatchObject({ last_ok: true, last_failure: null });
  const good = { status: "SUCCESS", message: "Made.", completedAt: made + 60_000 } as const;
  expect((await backupsOf({ backup, schedules: {} }, good)).last_failure).toBeNull();
});

test("without a folder nothing is known", async () => {
  expect((await backupsOf({ backup: null, schedules: {} }, undefined)).last_ok).toBeNull();
});
