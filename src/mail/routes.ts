/** `/api/v1/mails`: what was mailed, and whether it went out. */
import { Elysia } from "elysia";

import { Forbidden, type Principal } from "../accounts/principal.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, oneOf, parseQuery, string } from "../http/query.ts";
import type { Store } from "../store/store.ts";
import { isMailAddress } from "./address.ts";
import { listMails, MAIL_STATUSES } from "./log.ts";

export interface MailRouteDependencies {
  store: Store;
  authenticate: Authenticate;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Mails"];

export function mailRoutes({ store, authenticate, publicUrl }: MailRouteDependencies) {
  return new Elysia({ name: "mails" }).get(
    "/api/v1/mails",
    async ({ request }) => {
      const principal = await authenticate(request);
      look(principal);
      const known = { limit, cursor: string, status: oneOf(...MAIL_STATUSES), recipient: address };
      const { limit: size = DEFAULT_LIMIT, ...query } = parseQuery(request, known);
      const page = await listMails(store, principal.organisation.id, { limit: size, ...query });
      return pageAnswer(request, publicUrl, page);
    },
    {
      detail: {
        tags,
        operationId: "listMails",
        summary: "The log of mails, newest first",
        description:
          "To whom, what about, and whether the mail server took it; never what a mail said, nor a login key. " +
          "Needs the grant `users:read` or `audit:read`.",
      },
    },
  );
}

function address(text: string): string {
  if (!isMailAddress(text)) throw new Error("must be an e-mail address");
  return text;
}

/** @throws Forbidden */
function look(principal: Principal): void {
  if (allows(principal.grants, "users", "read") || allows(principal.grants, "audit", "read")) return;
  const detail = "There is neither a grant users:read nor audit:read.";
  throw new Forbidden(principal, "users", "read", detail);
}
