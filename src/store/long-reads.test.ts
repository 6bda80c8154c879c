import { describe, expect, test } from "bun:test";

import { LongReads } from "./long-reads.ts";

/** Reads that end when they are told to. */
function held(reads: LongReads) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const read = (name: string, tenant = 1) =>
    reads.run(tenant, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    });
  return { begun, read, end: (name: string) => ends.get(name)?.() };
}

describe("long reads", () => {
  test("run so many at once, the others in their turn", async () => {
    const { begun, read, end } = held(new LongReads(2));
    const all = ["a", "b", "c", "d"].map((name) => read(name));
    await Promise.resolve();
    expect(begun).toEqual(["a", "b"]);
    end("b");
    await all[1];
    expect(begun).toEqual(["a", "b", "c"]);
    for (const name of ["a", "c"]) end(name);
    await all[2];
    end("d");
    expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
  });

  test("that fail give their place to the next", async () => {
    const reads = new LongReads(1);
    const failing = reads.run(1, () => Promise.reject(new Error("no such table")));
    const next = reads.run(1, async () => "next");
    await expect(failing).rejects.toThrow("no such table");
    expect(await next).toBe("next");
  });

  test("that have waited too long are told so in their turn, and not run", async () => {
    let now = 0;
    const { begun, read, end } = held(new LongReads(1, () => now));
    const [first, late] = [read("first"), read("late")];
    now = 9_000;
    const next = read("next");
    now = 11_000;
    end("first");
    await first;
    await expect(late).rejects.toMatchObject({ code: "unavailable", headers: { "retry-after": "2" } });
    end("next");
    await next;
    expect(begun).toEqual(["first", "next"]);
  });

  test("are refused where too many wait, and sooner to one that has many waiting than to others", async () => {
    const { read, end, begun } = held(new LongReads(1));
    const first = read("first");
    const own = await settled(Array.from({ length: 12 }, (_, index) => read(`own ${index}`)));
    expect(own.refused).toEqual(Array.from({ length: 4 }, () => ["unavailable", 503]));
    const others = await settled(
      Array.from({ length: 30 }, (_, index) => read(`other ${index}`, 2 + (index % 10))),
    );
    expect(others.refused).toHaveLength(14);
    expect(begun).toEqual(["first"]);
    end("first");
    await first;
    for (let count = 1; count <= 24; count++) {
      end(begun.at(-1) ?? "");
      await Bun.sleep(0);
    }
    await Promise.all([...own.waiting, ...others.waiting]);
    expect(begun).toHaveLength(25);
    const again = read("again");
    await Bun.sleep(0);
    end("again");
    expect(await again).toBe("again");
  });
});

/** Which of them have been refused already, and those that wait. */
async function settled(reads: readonly Promise<string>[]) {
  const refused: unknown[] = [];
  const waiting = new Set(reads);
  for (const read of reads) {
    read.catch(({ code, status }) => {
      waiting.delete(read);
      refused.push([code, status]);
    });
  }
  await Bun.sleep(0);
  return { refused, waiting };
}
