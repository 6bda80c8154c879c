/** What a start would change of what koppla.yaml keeps: done on a copy of the few tables that it is about. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { systemClock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import { openServices } from "../services.ts";
import { copyTables } from "../store/copy.ts";
import { openStore } from "../store/open.ts";
import { wishesOf } from "./of-config.ts";
import type { Step } from "./step.ts";

const TABLES = [
  ...["organisations", "feeds", "accounts", "account_tokens", "users", "impersonation_policies", "receivers"],
  "provisions",
];

/**
 * The database is only read; it may be an older version's, or not be there yet.
 * @throws {ConfigError}, Problem as a start would
 */
export async function preview(config: Config): Promise<Step[]> {
  const wishes = wishesOf(config);
  // What is copied has hashes and sealed secrets in it: the folder is its owner's alone (mkdtemp), and goes at the end.
  const folder = await mkdtemp(join(tmpdir(), "koppla-check-"));
  try {
    const path = join(folder, "koppla.db");
    const { keyFile } = config.secrets;
    const there = existsSync(keyFile);
    const copy: Config = {
      ...config,
      database: { kind: "sqlite", path, durability: "normal" },
      secrets: { keyFile: there ? keyFile : join(folder, "koppla.key") },
    };
    await (await openStore(copy.database, systemClock)).close();
    // Without its key an existing database could not be started anyway; a new one is made with a new key.
    if (there) await copyTables(config.database, path, TABLES);
    const services = await openServices(copy);
    try {
      return await services.provisioning.apply(wishes);
    } finally {
      await services.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
