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
  expect(await backupsOf({ backup, schedules: { backup: nightly } })).toEqual({
    ...{ last_at: null, last_ok: false, path: folder, schedule: "0 2 * * *" },
  });
  const at = Date.UTC(2026, 10, 21, 2);
  for (const name of [nameAt(at - 86_400_000), nameAt(at), `${nameAt(at + 1_000)}.part`, "notes.txt"])
    writeFileSync(join(folder, name), "");
  expect(await backupsOf({ backup, schedules: {} })).toEqual({
    ...{ last_at: "2026-11-21T02:00:00.000Z", last_ok: true, path: folder, schedule: null },
  });
});

test("without a folder nothing is known", async () => {
  expect((await backupsOf({ backup: null, schedules: {} })).last_ok).toBeNull();
});
