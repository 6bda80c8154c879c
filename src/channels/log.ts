/** The log of publications: which message went to which channel, what came of each try, and trying once more. */
import type { Author } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { Clock } from "../clock.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import type { MessageHost, PublicationState } from "../messages/publisher.ts";
import { Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";
import {
  attemptsOf,
  listPublications,
  type PublicationAttemptRow,
  publicationById,
  type PublicationFilter,
  type PublicationRow,
  resendPublication,
} from "./queries.ts";

export const publicationStates = [
  "pending",
  "published",
  "failed",
  "unknown",
] as const satisfies PublicationState[];

export interface ShownPublication {
  id: string;
  message_id: string;
  channel: string;
  state: PublicationState;
  /** What the channel calls the message. */
  external_id: string | null;
  attempts: number;
  status_code: number | null;
  error: string | null;
  detail: string | null;
  created_at: string;
  changed_at: string;
  next_attempt_at: string | null;
}

export interface PublicationDetail extends Omit<ShownPublication, "attempts"> {
  attempts: {
    number: number;
    at: string;
    duration_ms: number;
    status_code: number | null;
    error: string | null;
    detail: string | null;
  }[];
}

const ID = /^[0-9a-f-]{36}$/;
/** Beyond every id. */
const LAST_ID = "~";

export class PublicationLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: Pick<AuditLog, "record">;
  readonly #messages: Pick<MessageHost, "load">;
  readonly #nudge: (channel: string) => void;

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    audit: Pick<AuditLog, "record">;
    messages: Pick<MessageHost, "load">;
    nudge: (channel: string) => void;
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#audit = collaborators.audit;
    this.#messages = collaborators.messages;
    this.#nudge = collaborators.nudge;
  }

  /** Newest first. */
  async list(
    organisationId: number,
    filter: PublicationFilter,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<ShownPublication>> {
    const { channel, state, message } = filter;
    const list = JSON.stringify(["publications", channel, state, message]);
    const before = cursor === undefined ? LAST_ID : decodeIdCursor(list, cursor, ID);
    const rows = await this.#store.read((reader) =>
      reader.query(listPublications(organisationId, filter, { before, limit: limit + 1 })),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(shown),
      next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
    };
  }

  /** @throws Problem `not_found` */
  async get(organisationId: number, id: string): Promise<PublicationDetail> {
    const row = await this.#find(organisationId, id);
    const tries = await this.#store.read((reader) => reader.run(attemptsOf, { publicationId: row.id }));
    return { ...shown(row), attempts: tries.map(shownAttempt) };
  }

  /**
   * Tries again one that was given up, or of which nobody knows, with its whole retry schedule.
   * @throws Problem `not_found`; `conflict` where it is neither, or its message is gone
   */
  async resend(by: Author, id: string): Promise<ShownPublication> {
    const found = await this.#find(by.organisationId, id);
    if (!(await this.#messages.load(found.messageId))) {
      throw new Problem("conflict", "Its message is not there any more.");
    }
    const row = await this.#store.write(async (tx) => {
      const [due] = await tx.run(resendPublication, { id: found.id, now: this.#clock.now() });
      if (due) {
        this.#audit.record(tx, by, {
          ...{ action: "publication.resend", outcome: "success", target: `publication:${due.id}` },
          detail: { channel: due.channel, message_id: due.messageId, state: found.state },
        });
      }
      return due;
    });
    if (!row)
      throw new Problem("conflict", `It is ${found.state}: only what failed, or is unknown, is sent again.`);
    this.#nudge(row.channel);
    return shown(row);
  }

  async #find(organisationId: number, id: string): Promise<PublicationRow> {
    const [row] = ID.test(id)
      ? await this.#store.read((reader) => reader.run(publicationById, { id, organisationId }))
      : [];
    if (!row) throw new Problem("not_found", `There is no publication ${id.slice(0, 100)}.`);
    return row;
  }
}

function shown(row: PublicationRow): ShownPublication {
  const { id, channel, state, attempts, error, detail, waits, nextAttemptAt: next } = row;
  return {
    ...{ id, message_id: row.messageId, channel, state, external_id: row.externalId, attempts },
    ...{ status_code: row.statusCode, error, detail },
    ...{ created_at: isoTime(row.createdAt), changed_at: isoTime(row.changedAt) },
    // What an answer waits for has no next one; its time is that of the lease.
    next_attempt_at: next === null || waits || row.run !== null ? null : isoTime(next),
  };
}

function shownAttempt(row: PublicationAttemptRow): PublicationDetail["attempts"][number] {
  const { number, at, durationMs, statusCode, error, detail } = row;
  return { number, at: isoTime(at), duration_ms: durationMs, status_code: statusCode, error, detail };
}
