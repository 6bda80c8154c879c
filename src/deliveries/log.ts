/** The delivery log: what was sent to whom, what came back, and sending it again. */
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import { ownTopicName } from "../changes/topics.ts";
import type { Clock } from "../clock.ts";
import { topicName } from "../config/topics.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import { invalid, Problem } from "../problem.ts";
import type { ReceiverService } from "../receivers/service.ts";
import { encodeIdText } from "../records/key.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Reader, Store } from "../store/store.ts";
import { attemptsOf, deliveryById, type DeliveryStatus, type LogRow, resendDelivery } from "./log-queries.ts";
import { findPage, findPageOfSome, firstIdAt, type Sought } from "./log-search.ts";
import { objectTerm } from "./subjects.ts";

export const deliveryStatuses = [
  "pending",
  "delivering",
  "delivered",
  "retrying",
  "failed",
  "cancelled",
] as const satisfies readonly DeliveryStatus[];

/** What can go wrong with an attempt; `split` and `superseded`: other deliveries took its place. */
export const errorClasses = [
  ...([
    "dns",
    "connect",
    "tls",
    "timeout",
    "status",
    "redirect",
    "blocked",
    "oauth",
    "proxy",
    "body",
  ] as const),
  ...(["rights", "split", "superseded"] as const),
];
export type ErrorClass = (typeof errorClasses)[number];

/**
 * A page looks at this many rows at most for what no index finds; then it ends, with a cursor to go on. SQLite reads
 * on the event loop: 5 000 rows of a log of 300 000 take 5 to 9 ms, 20 000 took 25 to 45.
 */
const SCAN = 5_000;
/** Of a delivery that is tried for ever, so many attempts are shown. */
const SHOWN_ATTEMPTS = 100;
const ID = /^msg_[0-9a-f]{32}$/;
/** What no topic has is in no delivery. */
const TOPIC = /^[\w.-]{1,200}(\*)?$/;

/** What a list is narrowed by, all of it together. */
export interface LogFilter {
  receiver?: string | undefined;
  /** Only what went to one of these. */
  receivers?: readonly string[] | undefined;
  status?: DeliveryStatus | undefined;
  /** What the receiver answered last. */
  statusCode?: number | undefined;
  /** Why the last attempt failed. */
  error?: ErrorClass | undefined;
  /** A topic, `Trainings.*` or `*`. */
  topic?: string | undefined;
  /** The name that changes have for a type's records (`training`); and the id of one of them. */
  object?: string | undefined;
  objectId?: string | undefined;
  /** When it was created, milliseconds since 1970: from (included), and up to (excluded). */
  since?: number | undefined;
  until?: number | undefined;
}

export interface LogQuery extends LogFilter {
  limit: number;
  cursor?: string | undefined;
}

export interface ShownDelivery {
  id: string;
  receiver_id: string;
  topics: string[];
  status: DeliveryStatus;
  status_code: number | null;
  /** Why the last attempt failed; null when it was delivered, or not tried yet. */
  error: string | null;
  attempts: number;
  created_at: string;
  next_attempt_at: string | null;
}

export interface ShownAttempt {
  number: number;
  at: string;
  duration_ms: number;
  status_code: number | null;
  /** The kind of trouble, and what is known of it. */
  error: string | null;
  detail: string | null;
  /** The address that was spoken to. */
  address: string | null;
  response_body: string | null;
}

export interface DeliveryDetail extends Omit<ShownDelivery, "attempts"> {
  /** Of the last attempt; what would let a reader in somewhere was masked when they were stored. */
  request_headers: Record<string, string>;
  request_body: string;
  /** Oldest first, the newest hundred. */
  attempts: ShownAttempt[];
}

export class DeliveryLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #receivers: ReceiverService;
  readonly #audit: AuditLog;
  readonly #types: Pick<TypeRegistry, "all" | "ofObject">;
  readonly #scan: number;

  /** @param scan  for tests: how many rows a page looks at */
  constructor(collaborators: {
    store: Store;
    clock: Clock;
    receivers: ReceiverService;
    audit: AuditLog;
    types: Pick<TypeRegistry, "all" | "ofObject">;
    scan?: number;
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#receivers = collaborators.receivers;
    this.#audit = collaborators.audit;
    this.#types = collaborators.types;
    this.#scan = collaborators.scan ?? SCAN;
  }

  /**
   * Newest first. A page may be short, and even empty, with a cursor: that it looked at enough rows for one.
   * @throws Problem `invalid`
   */
  async list(organisationId: number, { limit, cursor, ...filter }: LogQuery): Promise<Page<ShownDelivery>> {
    const { receiver, receivers, status, statusCode, error, topic, object, objectId, since, until } = filter;
    const all = [
      ...(receivers ? ["own"] : []),
      receiver,
      status,
      statusCode,
      error,
      topic,
      object,
      objectId,
      since,
      until,
    ];
    const list = `deliveries ${JSON.stringify(all)}`;
    const ends = [firstIdAt(until ?? Number.POSITIVE_INFINITY)];
    if (cursor !== undefined) ends.push(decodeIdCursor(list, cursor, ID));
    const named = this.#objectOf(filter);
    const sought: Sought = {
      ...{ organisationId, receiverId: receiver, status, statusCode, error },
      objectTerm: named.term,
      topics: [...(topic === undefined || topic === "*" ? [] : [beginning(topic)]), ...named.topics],
      from: firstIdAt(since ?? 0),
      to: ends.sort()[0] ?? "",
    };
    const nothing = { items: [], next_cursor: null };
    if (topic !== undefined && topic !== "*" && !TOPIC.test(topic)) return nothing;
    if (receiver !== undefined && !(await this.#owns(organisationId, receiver))) return nothing;
    if (receiver !== undefined && receivers && !receivers.includes(receiver)) return nothing;
    const { rows, end } = await this.#store.read((reader) =>
      receivers && receiver === undefined
        ? findPageOfSome(reader, sought, receivers, limit, this.#scan)
        : findPage(reader, sought, limit, this.#scan),
    );
    return { items: rows.map(show), next_cursor: end === null ? null : encodeCursor(list, [end]) };
  }

  /** A function that gives one page after the other, and an empty one at the end: for exports. */
  pages(organisationId: number, filter: LogFilter, limit: number): () => Promise<ShownDelivery[]> {
    let cursor: string | null | undefined;
    return async () => {
      for (;;) {
        if (cursor === null) return [];
        const page = await this.list(organisationId, { ...filter, limit, cursor });
        cursor = page.next_cursor;
        if (page.items.length > 0) return page.items;
      }
    };
  }

  /** Of an object, its term; of all objects of a type, what their topics begin with. */
  #objectOf({ object, objectId }: LogFilter): { term?: string; topics: string[] } {
    if (object === undefined) {
      if (objectId !== undefined) throw invalid("object_id", "needs object, which says what it is the id of");
      return { topics: [] };
    }
    const type = this.#types.ofObject(object);
    const begins = type ? topicName(type.name) : ownTopicName(object);
    if (begins === undefined) {
      const known = this.#types.all.map((one) => one.object).join(", ");
      throw invalid("object", `there is no such object; there are ${known}`);
    }
    const topics = [`${begins}.`];
    if (objectId === undefined) return { topics };
    const key = type
      ? encodeIdText(type.key, objectId, "object_id")
      : encodeIdText("string", objectId, "object_id");
    return { term: objectTerm({ object, key }), topics: [] };
  }

  /** @throws Problem `not_found` */
  get(organisationId: number, id: string): Promise<DeliveryDetail> {
    return this.#store.read(async (reader) => {
      const row = await this.#find(reader, organisationId, id);
      const attempts = await reader.run(attemptsOf, { deliveryId: id, limit: SHOWN_ATTEMPTS });
      return {
        ...show(row),
        request_headers: attempts[0]?.requestHeaders ?? {},
        request_body: row.body,
        attempts: attempts.reverse().map((attempt) => ({
          number: attempt.number,
          at: isoTime(attempt.at),
          duration_ms: attempt.durationMs,
          status_code: attempt.statusCode,
          error: attempt.error,
          detail: attempt.detail,
          address: attempt.address,
          response_body: attempt.responseBody,
        })),
      };
    });
  }

  /**
   * Makes a delivery due now, whatever became of it, with its whole retry schedule before it. Its id and body stay.
   * The dispatcher must be told (`nudge`) when this resolves.
   * @throws Problem `not_found`; `conflict` while it is being delivered, or when its receiver is gone or disabled
   */
  resend(by: Author, id: string): Promise<ShownDelivery> {
    const { organisationId } = by;
    return this.#store.write(async (tx) => {
      const { receiverId } = await this.#find(tx, organisationId, id);
      const standing = await this.#receivers.hold(tx, organisationId, receiverId);
      if (standing !== "enabled")
        throw new Problem("conflict", `The receiver of this delivery is ${standing}.`);
      const [row] = await tx.run(resendDelivery, { id, now: this.#clock.now() });
      if (!row) throw new Problem("conflict", "The delivery is being delivered at this moment.");
      this.#audit.record(tx, by, {
        ...{ action: "delivery.resend", outcome: "success", target: `delivery:${id}` },
        detail: { receiver_id: receiverId },
      });
      return show(row);
    });
  }

  async #find(reader: Reader, organisationId: number, id: string) {
    const [row] = ID.test(id) ? await reader.run(deliveryById, { id }) : [];
    if (row?.organisationId !== organisationId) throw new Problem("not_found", `There is no delivery ${id}.`);
    return row;
  }

  async #owns(organisationId: number, receiverId: string): Promise<boolean> {
    try {
      await this.#receivers.get(organisationId, receiverId, { deleted: true });
      return true;
    } catch (error) {
      if (error instanceof Problem && error.code === "not_found") return false;
      throw error;
    }
  }
}

/** `Trainings.*` are the topics that begin with `Trainings.`; any other is itself. */
const beginning = (topic: string): string => (topic.endsWith(".*") ? topic.slice(0, -1) : topic);

function show(row: LogRow): ShownDelivery {
  // A lease is no plan: while it is being delivered, nobody knows of a next attempt.
  const planned = row.status === "pending" || row.status === "retrying" ? row.nextAttemptAt : null;
  return {
    id: row.id,
    receiver_id: row.receiverId,
    topics: row.topics,
    status: row.status,
    status_code: row.statusCode,
    error: row.error,
    attempts: row.attempts,
    created_at: isoTime(row.createdAt),
    next_attempt_at: planned === null ? null : isoTime(planned),
  };
}
