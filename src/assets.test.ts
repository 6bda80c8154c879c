import { expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { assetPath, WORKERS, workerUrl } from "./assets.ts";

test("embedded folders are found from source by their path in the repository", () => {
  expect(existsSync(assetPath("db/sqlite/meta/_journal.json"))).toBe(true);
  expect(existsSync(assetPath("db/postgres"))).toBe(true);
});

test("what is not embedded is refused from source too, where it would be found", () => {
  expect(() => assetPath("db/schema.ts")).toThrow("db/schema.ts is in no embedded folder");
  expect(() => assetPath("db/sqlite2")).toThrow("is in no embedded folder");
});

test("workers have absolute URLs, whatever the working directory", () => {
  for (const worker of WORKERS) expect(existsSync(new URL(workerUrl(worker)))).toBe(true);
});
