/** A disk that is full, and then is not: a small tmpfs that only the server sees. Root makes that on Linux. */
import { describe, expect, test } from "bun:test";

import { hasMounts, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";

const SIZE = "24m";
/** What is in the way until it is taken away, MB. */
const BALLAST = 8;
const TEXT = "x".repeat(20_000);

describe.skipIf(!hasMounts || onPostgres)("a full disk", () => {
  test(
    "refuses what it cannot store with 503 or 507, keeps all that it acknowledged, and is done with when there is room",
    async () => {
      await using koppla = await startKoppla({
        // Full to the last byte: care.test.ts is about what is kept free before that.
        config: { database: { reserve: "0B" } },
        mounts: (dir) =>
          `mkdir -p ${dir}/data && mount -t tmpfs -o size=${SIZE} tmpfs ${dir}/data && ` +
          `dd if=/dev/zero of=${dir}/data/ballast bs=1M count=${BALLAST} status=none`,
      });
      const { demo } = koppla;
      const accepted: number[] = [];
      const refused = new Set<number>();
      for (let id = 1; refused.size === 0 || id % 50 !== 0; id++) {
        const response = await demo.api(`/api/v1/institutes/${id}`, { method: "PUT", json: { name: TEXT } });
        if (response.status === 201) accepted.push(id);
        else {
          refused.add(response.status);
          expect(response.headers.get("content-type")).toBe("application/problem+json");
          // Nothing of the database's own words.
          expect(await response.text()).not.toMatch(/sqlite|SQLITE|database or disk/);
        }
        if (id > 5_000) throw new Error("the disk does not fill");
      }
      for (const status of refused) expect(status).toBeOneOf([503, 507]);
      expect(accepted.length).toBeGreaterThan(100);
      // Reads go on, and health says what is the matter.
      expect((await demo.get(`/api/v1/institutes/${accepted[0]}`)).status).toBe(200);
      expect((await fetch(`${koppla.url}/healthz`)).status).toBe(200);

      const freed = await koppla.inside("rm", `${koppla.dir}/data/ballast`);
      expect(freed.exitCode).toBe(0);
      const after = await demo.api("/api/v1/institutes/100001", { method: "PUT", json: { name: "after" } });
      expect(after.status).toBe(201);
      for (const id of accepted) {
        const found = await demo.get(`/api/v1/institutes/${id}`);
        expect([id, found.status]).toEqual([id, 200]);
      }
    },
    LONG_TEST_MS,
  );
});
