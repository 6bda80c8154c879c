/** The delivery log: what was sent to whom, what came back, and sending it again. */
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import { Problem } from "../problem.ts";
import type { ReceiverService } from "../receivers/service.ts";
import type { Reader, Store } from "../store/store.ts";
import {
  attemptsOf,
  deliveryById,
  type DeliveryStatus,
  isIndexed,
  type LogFilter,
  logPage,
  type LogRange,
  type LogRow,
  resendDelivery,
  scanEnd,
} from "./log-queries.ts";

export const deliveryStatuses = [
  "pending",
  "delivering",
  "delivered",
  "retrying",
  "failed",
  "cancelled",
] as const satisfies readonly DeliveryStatus[];

/**
 * A page looks at this many rows at most for what no index finds; then it ends, with a cursor to go on. SQLite reads
 * on the event loop: 5 000 rows of a log of 300 000 take 5 to 9 ms, 20 000 took 25 to 45.
 */
const SCAN = 5_000;
/** Of a delivery that is tried for ever, so many attempts are shown. */
const SHOWN_ATTEMPTS = 100;
/** `msg_` and a UUIDv7, whose first 48 bits are its milliseconds since 1970 (RFC 9562, 5.7). */
const ID = /^msg_[0-9a-f]{32}$/;
const TIME_DIGITS = 12;

export interface LogQuery extends LogFilter {
  receiver?: string | undefined;
  status?: DeliveryStatus | undefined;
  /** When it was created, milliseconds since 1970: from (included), and up to (excluded). */
  since?: number | undefined;
  until?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface ShownDelivery {
  id: string;
  receiver_id: string;
  topics: string[];
  status: DeliveryStatus;
  status_code: number | null;
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
  readonly #scan: number;

  /** @param scan  for tests: how many rows a page looks at */
  constructor(collaborators: {
    store: Store;
    clock: Clock;
    receivers: ReceiverService;
    audit: AuditLog;
    scan?: number;
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#receivers = collaborators.receivers;
    this.#audit = collaborators.audit;
    this.#scan = collaborators.scan ?? SCAN;
  }

  /** Newest first. A page may be short, and even empty, with a cursor: that it looked at enough rows for one. */
  async list(organisationId: number, query: LogQuery): Promise<Page<ShownDelivery>> {
    const { receiver: receiverId, status, statusCode, topic, since, until, limit, cursor } = query;
    const list = `deliveries ${JSON.stringify([receiverId, status, statusCode, topic, since, until])}`;
    const ends = [idAt(until ?? Number.POSITIVE_INFINITY)];
    if (cursor !== undefined) ends.push(decodeIdCursor(list, cursor, ID));
    const range: LogRange = {
      organisationId,
      receiverId,
      status,
      from: idAt(since ?? 0),
      to: ends.sort()[0] ?? "",
    };
    const filter: LogFilter = { statusCode, topic };
    if (receiverId !== undefined && !(await this.#owns(organisationId, receiverId))) {
      return { items: [], next_cursor: null };
    }
    return await this.#store.read(async (reader) => {
      const indexed = isIndexed(range, filter);
      const scan = indexed ? limit + 1 : this.#scan;
      const rows = await reader.query(logPage(range, filter, limit + 1, scan));
      const items = rows.slice(0, limit);
      const [last] =
        rows.length > limit ? items.slice(-1) : indexed ? [] : await reader.query(scanEnd(range, scan));
      return { items: items.map(show), next_cursor: last ? encodeCursor(list, [last.id]) : null };
    });
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

/** The smallest id that a delivery of this time can have. @param ms  since 1970; beyond the calendar's ends, the end */
function idAt(ms: number): string {
  const digits = Math.min(Math.max(Math.ceil(ms), 0), 2 ** 48 - 1).toString(16);
  return `msg_${digits.padStart(TIME_DIGITS, "0")}`;
}

function show(row: LogRow): ShownDelivery {
  // A lease is no plan: while it is being delivered, nobody knows of a next attempt.
  const planned = row.status === "pending" || row.status === "retrying" ? row.nextAttemptAt : null;
  return {
    id: row.id,
    receiver_id: row.receiverId,
    topics: row.topics,
    status: row.status,
    status_code: row.statusCode,
    attempts: row.attempts,
    created_at: isoTime(row.createdAt),
    next_attempt_at: planned === null ? null : isoTime(planned),
  };
}
