/** `/api/v1/changes` and `/api/v1/changes/stream`: the feed for partners that cannot be reached by webhooks. */
import { Elysia } from "elysia";

import { Forbidden, type Principal } from "../accounts/principal.ts";
import type { Clock } from "../clock.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { nextLink } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import { json, requestId } from "../http/respond.ts";
import { invalid } from "../problem.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import { isLost } from "./gap.ts";
import { changeItem } from "./representation.ts";
import type { ChangeFeed, FeedPage } from "./service.ts";
import type { TopicCatalogue } from "./topics.ts";
import { readableTopics, visiblePage, watchedTopics } from "./visible.ts";

export interface ChangeRouteDependencies {
  store: Store;
  feed: ChangeFeed;
  types: TypeRegistry;
  topics: TopicCatalogue;
  clock: Clock;
  authenticate: Authenticate;
  publicUrl: string;
  /** Aborted when the server stops: those who wait are answered at once. */
  stopping: AbortSignal;
}

/** A long poll may wait this long, seconds. */
const MAX_WAIT = 60;
/** A silent stream says so this often, milliseconds: proxies close what says nothing. */
const HEARTBEAT = 15_000;
const STREAM_PAGE = 500;

export function changeRoutes(deps: ChangeRouteDependencies) {
  const { store, feed, types, authenticate, publicUrl } = deps;

  const page = (
    principal: Principal,
    wanted: readonly string[],
    after: number,
    size: number,
  ): Promise<FeedPage> =>
    store.read((reader) =>
      visiblePage(feed, types, reader, {
        organisationId: principal.organisation.id,
        grants: principal.grants,
        topics: wanted,
        after,
        limit: size,
      }),
    );

  const start = async (principal: Principal, since: string | undefined, fallback: "beginning" | "now") => {
    const head = await store.read((reader) => feed.head(reader, principal.organisation.id));
    const from = since ?? fallback;
    if (from === "now") return head;
    if (from === "beginning") return 0;
    const cursor = /^\d{1,15}$/.test(from) ? Number(from) : undefined;
    if (cursor === undefined) {
      throw invalid("since", "must be the next_cursor of an earlier answer, a sequence, now or beginning");
    }
    if (cursor > head)
      throw invalid("since", `lies beyond the feed's end, ${head}: it is a cursor of another feed`);
    if (await store.read((reader) => isLost(reader, principal.organisation.id, cursor)))
      throw invalid(
        "since",
        "is of changes that were lost when a backup was restored; fetch what you keep anew, or begin with since=beginning",
      );
    return cursor;
  };

  return new Elysia({ name: "changes" })
    .get(
      "/api/v1/changes",
      async ({ request, server }) => {
        let principal = await authenticate(request);
        const query = parseQuery(request, { since: string, topics: string, wait, limit });
        const wanted = readable(deps, principal, query.topics);
        const after = await start(principal, query.since, "beginning");
        const size = query.limit ?? DEFAULT_LIMIT;
        const until = deps.clock.now() + (query.wait ?? 0) * 1000;
        if (query.wait) server?.timeout(request, MAX_WAIT + 15);
        let found = await page(principal, wanted, after, size);
        while (found.rows.length === 0 && deps.clock.now() < until && !deps.stopping.aborted) {
          if (found.more) {
            if (request.signal.aborted) break;
            found = await page(principal, wanted, found.cursor, size);
            continue;
          }
          const waiting = news(deps, principal, wanted, until - deps.clock.now(), request.signal);
          // Looked at once more after the listening began: what was committed in between has told nobody.
          found = await page(principal, wanted, found.cursor, size);
          if (found.rows.length > 0) {
            waiting.stop();
            break;
          }
          await waiting.heard;
          if (request.signal.aborted) break;
          // It may have lost its rights while it waited.
          principal = await authenticate(request);
          found = await page(principal, wanted, found.cursor, size);
        }
        const items = found.rows.map((row) => changeItem(types, publicUrl, row));
        const next = String(found.cursor);
        // A page that is not the last for now: at the end of the feed there is nothing to follow.
        const headers = found.more ? { link: nextLink(request, publicUrl, "since", next) } : undefined;
        return json(request, JSON.stringify({ items, next_cursor: next }), 200, headers);
      },
      {
        detail: {
          tags: ["Changes"],
          operationId: "getChanges",
          summary: "Changes since a cursor",
          description:
            "One item per object, holding its latest change, oldest first. Go on with `since=<next_cursor>`; " +
            "`wait` holds the request until something changes.",
        },
      },
    )
    .get(
      "/api/v1/changes/stream",
      async ({ request, server }) => {
        const principal = await authenticate(request);
        const query = parseQuery(request, { since: string, topics: string });
        const wanted = readable(deps, principal, query.topics);
        const since = request.headers.get("last-event-id") ?? query.since;
        let after = await start(principal, since, "now");
        server?.timeout(request, 0);
        const encoder = new TextEncoder();
        let opened = false;
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (!opened) {
              opened = true;
              controller.enqueue(encoder.encode("retry: 2000\n\n"));
              return;
            }
            // The account may have lost its rights since the stream began.
            const still = await Promise.try(() => authenticate(request)).catch(() => undefined);
            if (!still || deps.stopping.aborted || request.signal.aborted) return controller.close();
            const waiting = news(deps, still, wanted, HEARTBEAT, request.signal);
            let found: FeedPage;
            do {
              found = await page(still, wanted, after, STREAM_PAGE);
              after = found.cursor;
            } while (found.rows.length === 0 && found.more && !request.signal.aborted);
            if (found.rows.length === 0) {
              await waiting.heard;
              if (deps.stopping.aborted || request.signal.aborted) return controller.close();
              controller.enqueue(encoder.encode(": \n\n"));
              return;
            }
            waiting.stop();
            const events = found.rows.map(
              (row) =>
                `id: ${row.sequence}\nevent: change\ndata: ${JSON.stringify(changeItem(types, publicUrl, row))}\n\n`,
            );
            controller.enqueue(encoder.encode(events.join("")));
          },
        });
        return new Response(body, {
          headers: {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "x-request-id": requestId(request),
          },
        });
      },
      {
        detail: {
          tags: ["Changes"],
          operationId: "streamChanges",
          summary: "Changes as server-sent events",
          description:
            "Begins now, or after `Last-Event-ID` (a sequence), or `since`. An event's id is its sequence.",
        },
      },
    );
}

function wait(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= MAX_WAIT)) throw new Error(`must be a whole number of seconds from 0 to ${MAX_WAIT}`);
  return value;
}

/** The topics that were asked for, as far as the principal may read their types. */
function readable(
  deps: ChangeRouteDependencies,
  principal: Principal,
  text: string | undefined,
): readonly string[] {
  const patterns = (text ?? "*").split(",").map((part) => part.trim());
  const wanted = readableTopics(deps.types, principal.grants, deps.topics.expand(patterns));
  if (wanted.length === 0)
    throw new Forbidden(
      principal,
      patterns.join(","),
      "read",
      "The account may not read the types of these topics.",
    );
  return wanted;
}

/** Waits for news of the topics, for `ms` at most, or until the client or the server goes. */
function news(
  { feed, types, clock, stopping }: ChangeRouteDependencies,
  principal: Principal,
  wanted: readonly string[],
  ms: number,
  gone: AbortSignal,
): { heard: Promise<void>; stop: () => void } {
  let stop = () => {};
  const watched = watchedTopics(types, wanted);
  const heard = new Promise<void>((resolve) => {
    const unlisten = feed.listen(({ organisationId, topics }) => {
      if (organisationId !== principal.organisation.id) return;
      if (topics.size === 0 || watched.some((topic) => topics.has(topic))) stop();
    });
    const cancel = clock.after(ms, () => stop());
    const end = () => stop();
    stopping.addEventListener("abort", end);
    gone.addEventListener("abort", end);
    stop = () => {
      unlisten();
      cancel();
      stopping.removeEventListener("abort", end);
      gone.removeEventListener("abort", end);
      resolve();
    };
  });
  return { heard, stop };
}
