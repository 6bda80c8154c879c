import { afterEach, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BlobStore } from "../blobs/store.ts";
import { systemClock } from "../clock.ts";
import { createLogger } from "../log.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { kept, SpaceReturn } from "./space.ts";

const MB = 2 ** 20;

const folder = mkdtempSync(join(tmpdir(), "koppla-space-"));
let store: Store;
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test("room that nothing uses goes back to the disk in pieces, but for what stays for the next rows", async () => {
  const path = join(folder, "koppla.db");
  store = await openStore({ kind: "sqlite", path, durability: "normal" }, systemClock);
  const space = store.space;
  if (!space) throw new Error("SQLite has a file");
  expect(space.gradual).toBe(true);
  const blobs = new BlobStore({ store, clock: systemClock, longestWrite: 1_000 });
  const write = async (megabytes: number) => {
    const writer = blobs.writer(1);
    for (let n = 0; n < megabytes; n++) {
      writer.push(crypto.getRandomValues(new Uint8Array(65_536)));
      for (let m = 1; m < 16; m++) writer.push(new Uint8Array(65_536).fill(m));
      await writer.drain();
    }
    await store.write((tx) => writer.settle(tx));
    return writer.id;
  };
  const [gone, stays] = [await write(36), await write(4)];
  await blobs.remove(gone);
  const before = space.look();
  expect(before.free).toBeGreaterThan(33 * MB);

  const log = createLogger({ level: "error", format: "json" });
  const giving = new SpaceReturn({ store, clock: systemClock, log, pause: 0 });
  await giving.rounds.now();
  const after = space.look();
  expect(before.whole - after.whole).toBeGreaterThan(15 * MB);
  expect(after.free).toBeLessThanOrEqual(kept(after));
  // What was moved is whole.
  let size = 0;
  for await (const chunk of blobs.read(stays)) size += chunk.length;
  expect(size).toBe(4 * MB);
  await giving.stop();
  await store.close();
  const file = new Database(path);
  expect(file.query("PRAGMA page_count").values()).toEqual([[after.whole / 4_096]]);
  expect(file.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
  file.close();
});
