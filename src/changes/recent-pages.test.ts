import { describe, expect, test } from "bun:test";

import { RecentPages } from "./recent-pages.ts";
import type { FeedPage } from "./service.ts";

const page = (rows: number): FeedPage => ({
  rows: Array.from({ length: rows }, (_, index) => ({
    ...{
      organisationId: 1,
      object: "training",
      key: `a${index}`,
      topic: "Trainings.Update",
      action: "update",
    },
    ...{ sequence: index + 1, at: 0, subject: null, actor: null },
  })),
  cursor: rows,
  more: false,
});

describe("pages read a moment ago", () => {
  test("are found again while the feed stays, each by what it depends on", () => {
    const pages = new RecentPages();
    const [one, two] = [page(1), page(2)];
    pages.keep(1, 7, "a", one);
    pages.keep(1, 7, "b", two);
    expect(pages.find(1, 7, "a")).toBe(one);
    expect(pages.find(1, 7, "b")).toBe(two);
    expect(pages.find(1, 7, "c")).toBeUndefined();
  });

  test("are gone when the feed goes on, and never another organisation's", () => {
    const pages = new RecentPages();
    pages.keep(1, 7, "a", page(1));
    expect(pages.find(2, 7, "a")).toBeUndefined();
    expect(pages.find(1, 8, "a")).toBeUndefined();
    pages.keep(1, 8, "b", page(1));
    expect(pages.find(1, 8, "a")).toBeUndefined();
    expect(pages.find(1, 7, "a")).toBeUndefined();
  });

  test("are kept up to some rows", () => {
    const pages = new RecentPages();
    for (let key = 0; key < 100; key++) pages.keep(1, 1, String(key), page(100));
    expect(pages.find(1, 1, "49")).toBeDefined();
    expect(pages.find(1, 1, "50")).toBeUndefined();
  });
});
