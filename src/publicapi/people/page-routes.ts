/** `/account/password`: where the link in a mail leads. Pages for people, not part of the API. */
import { Elysia } from "elysia";

import { type PasswordPageDependencies, PasswordPages } from "./password-pages.ts";

const hidden = { detail: { hide: true } };

export function passwordPageRoutes(deps: PasswordPageDependencies) {
  const pages = new PasswordPages(deps);
  return new Elysia({ name: "account-pages" })
    .get("/account/password", ({ request }) => pages.show(request), hidden)
    .post("/account/password", ({ request }) => pages.submit(request), hidden);
}
