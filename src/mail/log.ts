/** The log of mails: that there was one, to whom and what about, and what became of it. Never what it said. */
import type { Clock } from "../clock.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { isoTime } from "../http/query.ts";
import type { Logger } from "../log.ts";
import { pauseFor, Rounds } from "../rounds.ts";
import type { Store } from "../store/store.ts";
import { emailKey } from "../users/input.ts";
import { forgetMails, type MailLogRow, mailPage, oldestMail } from "./log-queries.ts";

export const MAIL_STATUSES = ["queued", "sent", "failed"] as const;

export interface ShownMail {
  id: string;
  /** What it is about, such as `account`. */
  kind: string;
  recipient: string;
  /** Empty while it has not been written. */
  subject: string;
  status: MailLogRow["status"];
  attempts: number;
  created_at: string;
  /** When the mail server took it, or it was given up. */
  ended_at: string | null;
  /** What the last attempt met. */
  error: string | null;
}

export interface MailQuery {
  limit: number;
  cursor?: string | undefined;
  status?: MailLogRow["status"] | undefined;
  /** An address, in any case. */
  recipient?: string | undefined;
}

const ID = /^[0-9a-f-]{36}$/;
const BEYOND = "g";
/** Rows that are removed in one transaction. */
const CHUNK = 500;

/** Newest first. @throws Problem `invalid` for a cursor that is none */
export async function listMails(
  store: Pick<Store, "read">,
  organisationId: number,
  { limit, cursor, status, recipient }: MailQuery,
): Promise<Page<ShownMail>> {
  const recipientKey = recipient === undefined ? undefined : emailKey(recipient);
  const list = `mails ${status ?? ""} ${recipientKey ?? ""}`;
  const before = cursor === undefined ? BEYOND : decodeIdCursor(list, cursor, ID);
  const rows = await store.read((reader) =>
    reader.query(mailPage({ organisationId, before, status, recipientKey, limit: limit + 1 })),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(show),
    next_cursor: rows.length > limit && last ? encodeCursor(list, [last.id]) : null,
  };
}

function show(row: MailLogRow): ShownMail {
  return {
    id: row.id,
    kind: row.kind,
    recipient: row.recipient,
    subject: row.subject,
    status: row.status,
    attempts: row.attempts,
    created_at: isoTime(row.createdAt),
    ended_at: row.endedAt === null ? null : isoTime(row.endedAt),
    error: row.error,
  };
}

/** Removes what is older than `retention` (ms), by the clock. */
export class MailLogRetention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #retention: number;
  readonly rounds: Rounds;

  constructor(options: { store: Store; clock: Clock; log: Pick<Logger, "error">; retention: number }) {
    const { store, clock, log, retention } = options;
    this.#store = store;
    this.#clock = clock;
    this.#retention = retention;
    this.rounds = new Rounds({
      ...{ clock, log, pause: pauseFor(retention) },
      failure: "old mails could not be removed from their log",
      round: () => this.#round(),
    });
  }

  start(): void {
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  async #round(): Promise<number> {
    const now = this.#clock.now();
    const before = firstId(now - this.#retention);
    for (let more = true; more && !this.rounds.stopped;) {
      const gone = await this.#store.write((tx) => tx.run(forgetMails, { before, limit: CHUNK }));
      more = gone.length === CHUNK;
    }
    const [oldest] = await this.#store.read((reader) => reader.run(oldestMail, {}));
    return Math.min(oldest?.createdAt ?? now, now) + this.#retention;
  }
}

/** Before every UUIDv7 that was made at this time. @param ms  since 1970 */
function firstId(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
