/** `/api/v1/receivers`: where webhooks go. */
import { Elysia } from "elysia";

import { demand, Forbidden, type Principal } from "../accounts/principal.ts";
import { type Author, authorOf } from "../audit/entry.ts";
import { exceeding } from "../grants/algebra.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { accepted, pageAnswer } from "../http/links.ts";
import { search } from "../http/list-search.ts";
import { DEFAULT_LIMIT, limit, oneOf, parseQuery, string } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import { type KeptAnswer, promised } from "../idempotency/claim.ts";
import { given, type Once } from "../idempotency/routes.ts";
import { type ReceiverOptionDependencies, receiverOptionRoutes } from "./option-routes.ts";
import { demandOwnReceiver } from "./own.ts";
import type { CreatedReceiver, MayManage, MayUse, ReceiverService } from "./service.ts";

export interface ReceiverRouteDependencies extends ReceiverOptionDependencies {
  receivers: ReceiverService;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Receivers"];
/** How long the connection of somebody who waits for a test may be silent. */
const TEST_SECONDS = 60;
const include = oneOf("deleted");

/**
 * A receiver is sent what its account may read. Whoever could name a mightier account, or turn the URL of its receiver
 * to himself, would see with its eyes; so would a token whose scope is less than its account may. So only where the
 * caller may read all of that himself, and for another's account only with the right to manage accounts.
 */
const mayUse =
  (principal: Principal): MayUse =>
  ({ id, grants }) => {
    if (id !== principal.subject.id && !allows(principal.grants, "accounts", "manage")) {
      throw new Forbidden(
        principal,
        "accounts",
        "manage",
        "For another account's receiver the account needs the grant accounts:manage.",
      );
    }
    // Who hands out a link to the portal has all of the account's rights himself (`portal/service.ts`).
    if (principal.portal) return;
    const reads = grants.filter(({ actions }) => actions.includes("read") || actions.includes("*"));
    const beyond = exceeding(
      reads.map((grant) => ({ ...grant, actions: ["read"] })),
      principal.grants,
    );
    if (beyond === undefined) return;
    throw new Forbidden(
      principal,
      "receivers",
      "manage",
      `Its account has ${beyond}, which goes beyond your own grants, so it is not yours to have sent.`,
    );
  };

/**
 * An account manages its own receivers; others', which may be another partner's, only with the right to manage accounts.
 * People have none of their own: to them the right to manage receivers is enough.
 */
const mayManage =
  (principal: Principal): MayManage =>
  (accountId) => {
    const { subject, grants } = principal;
    if (subject.kind === "user" || accountId === subject.id || allows(grants, "accounts", "manage")) return;
    throw new Forbidden(
      principal,
      "accounts",
      "manage",
      "It is another account's receiver, for which the account needs the grant accounts:manage.",
    );
  };

export function receiverRoutes(deps: ReceiverRouteDependencies) {
  const { receivers, authenticate, limits, once } = deps;

  /** @param id  of the receiver, where it is about one */
  const enter = async (
    request: Request,
    action: "read" | "write" | "manage",
    id?: string,
  ): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "receivers", action);
    if (id !== undefined) await demandOwnReceiver(receivers, principal, id);
    return principal;
  };

  const author = (principal: Principal, request: Request): Author =>
    authorOf(principal, originOf(deps.addresses, request));

  const enterToManage = async (request: Request, id: string): Promise<{ by: Author; may: MayManage }> => {
    const principal = await enter(request, "manage", id);
    return { by: author(principal, request), may: mayManage(principal) };
  };

  return new Elysia({ name: "receivers" })
    .use(receiverOptionRoutes(deps))
    .get(
      "/api/v1/receivers",
      async ({ request }) => {
        const principal = await enter(request, "read");
        const query = parseQuery(request, { limit, cursor: string, include, search });
        const page = await receivers.list(principal.organisation.id, {
          ...(principal.portal && { account: principal.subject.id }),
          limit: query.limit ?? DEFAULT_LIMIT,
          deleted: query.include === "deleted",
          ...(query.cursor !== undefined && { cursor: query.cursor }),
          ...(query.search !== undefined && { search: query.search }),
        });
        return pageAnswer(request, deps.publicUrl, page);
      },
      {
        detail: {
          tags,
          operationId: "listReceivers",
          summary: "Receivers, in order of creation",
          description: "`include=deleted` adds those that were removed, `search` leaves those that it finds.",
        },
      },
    )
    .post(
      "/api/v1/receivers",
      once(async ({ request }) => {
        const principal = await enter(request, "manage");
        parseQuery(request, {});
        const body = await readObject(request, limits);
        const by = author(principal, request);
        const answerOf = (made: CreatedReceiver): KeptAnswer => {
          const location = `${deps.publicUrl}/api/v1/receivers/${made.id}`;
          const headers = { location, "cache-control": "no-store" };
          return { status: 201, headers, body: JSON.stringify(made) };
        };
        const { id } = principal.subject;
        const made = await receivers.create(by, body, id, mayUse(principal), promised(answerOf));
        return given(request, answerOf(made));
      }),
      {
        detail: {
          tags,
          operationId: "createReceiver",
          summary: "Make a receiver",
          description: "The answer is the only one that has its `secret`.",
        },
      },
    )
    .get(
      "/api/v1/receivers/:id",
      async ({ request, params }) => {
        const { organisation } = await enter(request, "read", params.id);
        const query = parseQuery(request, { include });
        const shown = await receivers.detail(organisation.id, params.id, {
          deleted: query.include === "deleted",
        });
        return json(request, JSON.stringify(shown));
      },
      { detail: { tags, operationId: "getReceiver", summary: "One receiver" } },
    )
    .patch(
      "/api/v1/receivers/:id",
      async ({ request, params }) => {
        const principal = await enter(request, "manage", params.id);
        parseQuery(request, {});
        const body = await readObject(request, limits);
        const by = author(principal, request);
        const shown = await receivers.patch(by, params.id, body, mayUse(principal));
        return json(request, JSON.stringify(shown));
      },
      {
        detail: {
          tags,
          operationId: "changeReceiver",
          summary: "Change a receiver",
          description:
            "What is not given stays. Members of `bundle`, `headers` and `metadata` are set one by one, null takes one away; the rest is replaced as a whole.",
        },
      },
    )
    .delete(
      "/api/v1/receivers/:id",
      async ({ request, params }) => {
        const { by, may } = await enterToManage(request, params.id);
        parseQuery(request, {});
        await receivers.remove(by, params.id, may);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "removeReceiver",
          summary: "Remove a receiver",
          description: "Its deliveries stay in the log; those that were still to be sent are cancelled.",
        },
      },
    )
    .post(
      "/api/v1/receivers/:id/enable",
      async ({ request, params }) => {
        const { by, may } = await enterToManage(request, params.id);
        await readNothing(request, limits);
        return json(request, JSON.stringify(await receivers.enable(by, params.id, may)));
      },
      {
        detail: {
          tags,
          operationId: "enableReceiver",
          summary: "Switch a receiver on",
          description:
            "It gets what has changed since it was switched off, or with `while_disabled: drop` only what changes from now on.",
        },
      },
    )
    .post(
      "/api/v1/receivers/:id/disable",
      async ({ request, params }) => {
        const { by, may } = await enterToManage(request, params.id);
        await readNothing(request, limits);
        return json(request, JSON.stringify(await receivers.disable(by, params.id, may)));
      },
      {
        detail: {
          tags,
          operationId: "disableReceiver",
          summary: "Switch a receiver off",
          description: "Nothing is sent to it until it is switched on; its changes go on merging.",
        },
      },
    )
    .post(
      "/api/v1/receivers/:id/test",
      once<{ id: string }>(async ({ request, params, server }) => {
        const principal = await enter(request, "write", params.id);
        await readNothing(request, limits);
        server?.timeout(request, TEST_SECONDS);
        const told = { publicUrl: deps.publicUrl, organisation: principal.organisation.code };
        const by = author(principal, request);
        const tested = await receivers.test(by, params.id, told, mayManage(principal));
        if (tested.status !== "delivering") return json(request, JSON.stringify(tested));
        const location = `${deps.publicUrl}/api/v1/deliveries/${tested.delivery_id}`;
        return accepted(request, location, tested);
      }),
      {
        detail: {
          tags,
          operationId: "testReceiver",
          summary: "Send a receiver a test",
          description:
            "A delivery of the topic `Receivers.Test`, on the path of all others and in the log with them, tried once; also to a receiver that is switched off. 202 where it takes long: the log tells what came of it.",
        },
      },
    )
    .post(
      "/api/v1/receivers/:id/rotate-secret",
      once<{ id: string }>(async ({ request, params }) => {
        const { by, may } = await enterToManage(request, params.id);
        parseQuery(request, {});
        const body = request.body === null ? {} : await readObject(request, limits);
        const rotated = await receivers.rotateSecret(by, params.id, body, may);
        return json(request, JSON.stringify(rotated), 200, { "cache-control": "no-store" });
      }),
      {
        detail: {
          tags,
          operationId: "rotateReceiverSecret",
          summary: "Give a receiver a new secret",
          description:
            "The answer is the only one that has it. Until the overlap is over, requests are signed with the one before, too.",
        },
      },
    )
    .get(
      "/api/v1/receivers/:id/public-key",
      async ({ request, params }) => {
        const { organisation } = await enter(request, "read", params.id);
        parseQuery(request, {});
        return json(request, JSON.stringify(await receivers.publicKeys(organisation.id, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "getReceiverPublicKey",
          summary: "What a receiver's ed25519 signatures are checked with",
          description: "Of receivers whose `signature` is `v1a`.",
        },
      },
    );
}
