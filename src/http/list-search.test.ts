import { describe, expect, test } from "bun:test";

import { findIds, matcher, search } from "./list-search.ts";

describe("a search in a list", () => {
  test("tells neither case nor accents apart", () => {
    const fits = matcher("GOTEBORG");
    expect(fits(["Kurser i Göteborg", "https://partner.example"])).toBe(true);
    expect(fits(["Kurser i Borås"])).toBe(false);
    expect(matcher("œuvre")(["OEUVRES"])).toBe(true);
  });

  test("wants every word, each anywhere", () => {
    const fits = matcher("partner kurs");
    expect(fits(["Kurser", "https://partner.example/hooks"])).toBe(true);
    expect(fits(["Kurser", "https://other.example"])).toBe(false);
  });

  test("refuses what is no text to look for", () => {
    expect(() => search("   ")).toThrow("must have 1 to 200 characters");
    expect(() => search("x".repeat(201))).toThrow("must have 1 to 200 characters");
    expect(search(" anna ")).toBe("anna");
  });
});

describe("the ids that a search finds", () => {
  const rows = Array.from({ length: 1_200 }, (_, index) => ({
    id: String(index).padStart(5, "0"),
    name: index % 100 === 7 ? "Färgeri" : "Bageri",
  }));
  const next = async (after: string, limit: number) => rows.filter(({ id }) => id > after).slice(0, limit);
  const find = (after: string, limit: number, scan?: number) =>
    findIds("fargeri", after, limit, {
      next,
      texts: ({ name }) => [name],
      ...(scan !== undefined && { scan }),
    });

  test("come in pages that have each of them once", async () => {
    const found: string[] = [];
    let after: string | null = "";
    while (after !== null) {
      const page: { ids: string[]; last: string | null } = await find(after, 5);
      expect(page.ids.length).toBeLessThanOrEqual(5);
      found.push(...page.ids);
      after = page.last;
    }
    expect(found).toEqual(rows.filter(({ name }) => name === "Färgeri").map(({ id }) => id));
  });

  test("end with the last of them, where it is the last of its page", async () => {
    expect(await find("", 12)).toMatchObject({ last: null });
    expect((await find("", 11)).last).toBe("01007");
  });

  test("are looked for in no more rows than a page may read, and the next one goes on behind them", async () => {
    const page = await find("00007", 5, 50);
    expect(page).toEqual({ ids: [], last: "00057" });
    expect((await find(page.last ?? "", 5, 60)).ids).toEqual(["00107"]);
  });

  test("leave out what is not to be found", async () => {
    const { ids } = await findIds("e", "", 500, { next, texts: () => undefined });
    expect(ids).toEqual([]);
  });
});
