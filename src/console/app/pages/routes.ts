/** The pages with their words, as they are shown. */
import { loadTexts } from "../i18n.ts";
import { type Fetched, fetched } from "../parts/fetched.tsx";
import { type Page, pages } from "./registry.ts";

const withTexts = (
  name: Page["name"] | "login" | "profile",
  load: Page["load"],
  more: Page["texts"] = [],
): Fetched =>
  fetched(async () => {
    const [page] = await Promise.all([load(), loadTexts(name, ...more)]);
    return page;
  });

export const routes = pages.map((page) => ({ ...page, ...withTexts(page.name, page.load, page.texts) }));
export const { Component: Profile } = withTexts("profile", () => import("./profile/index.tsx"));
export const login = withTexts("login", () => import("./login/index.tsx"));

export type ShownPage = (typeof routes)[number];

/** The page at an address. */
export function pageAt(path: string): ShownPage | undefined {
  return routes.find(({ path: to }) => path === to || (to !== "/" && path.startsWith(`${to}/`)));
}
