/**
 * Mail that is sent for sure: a row in the transaction of what it tells of, taken away when the mail server has it. The
 * log (`log.ts`) keeps that there was one, and what became of it.
 *
 * A claim is a lease in the row, so of several nodes one sends; of one that is gone it is given back
 * (`nodes/watch.ts`). A process that dies between the mail server's answer
 * and the row's removal sends twice; both have the same `Message-ID`, by which mail programs know it. It sleeps until
 * the next mail is due or one is queued.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { NodeWatch } from "../nodes/watch.ts";
import type { Stage, Store, Transaction } from "../store/store.ts";
import { emailKey } from "../users/input.ts";
import { isMailAddress } from "./address.ts";
import { insertMailLog, type MailLogRow, settleMail } from "./log-queries.ts";
import {
  claimMails,
  hurryMails,
  insertMail,
  type MailRow,
  nextMail,
  postponeMail,
  releaseMailsOf,
  removeMail,
  sendingNodes,
  unnameMails,
} from "./queries.ts";

export interface NewMail {
  organisationId: number;
  /** What it is about, for the log: `receiver.disable`. Of one that {@link Outbox.writes} it is written when it is sent. */
  kind?: string;
  /** One address; another is not queued, and the log says so. */
  recipient: string;
  /** Line breaks and the like become spaces. */
  subject: string;
  /** Plain text; or JSON, which the kind's writer makes a mail of. */
  body: string;
}

/** A mail as it is sent. */
export type Written = Pick<MailRow, "recipient" | "subject" | "body">;

/**
 * Writes a mail of its kind in the moment in which it is sent, and at every attempt anew: a secret in it then stands
 * in no table, and its time begins when it goes out.
 */
export type Write = (mail: MailRow) => Promise<Written>;

/** Gives a mail to the mail server. Resolves when it has taken it. @throws MailFault */
export type Deliver = (mail: MailRow, signal: AbortSignal) => Promise<void>;

/** What went wrong. Its message goes into the log: no password, and of the server's words the first line. */
export class MailFault extends Error {
  override readonly name = "MailFault";
  /**
   * @param everyone  the mail server is at fault, so the next mail would fare no better
   * @param lasting  this mail will not be taken the next time either
   */
  constructor(
    message: string,
    readonly everyone: boolean,
    readonly lasting = false,
  ) {
    super(message);
  }
}

export interface OutboxOptions {
  store: Store;
  clock: Clock;
  /** Undefined where no mail server is set: nothing is queued. */
  deliver: Deliver | undefined;
  /** Not given where this process is none that others watch. */
  nodes?: Pick<NodeWatch, "register">;
}

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

/** Waits after the first, second, ... failed attempt; the last one again and again. */
const WAITS = [minute, 5 * minute, 15 * minute, hour, 3 * hour];
/** Then it is dropped, as it is at once where the mail server says that it will never take it. */
const GIVE_UP_AFTER = 3 * day;
/** Mails under way at once. */
const AT_ONCE = 4;
/** What one attempt may take; the transport's own limits are shorter. */
const ATTEMPT_LIMIT = 90 * second;
const LEASE = ATTEMPT_LIMIT + minute;
/** A mail server that is away is left alone for so long, whatever is queued. */
const PAUSE = 30 * second;
/** On a database that others may send from as well: how often to look for what one that is gone has left. */
const TAKE_OVER = 5 * minute;
/** RFC 5322, 2.1.1, folded by the transport; longer helps nobody. */
const LONGEST_SUBJECT = 200;
const NOTICE = "notice";

export class Outbox {
  readonly #o: OutboxOptions;
  #log: Pick<Logger, "info" | "warn" | "error"> | undefined;
  readonly #abort = new AbortController();
  #round: Promise<void> | undefined;
  /** Something was queued while a round was under way. */
  #again = false;
  #pausedUntil = 0;
  #cancel = (): void => {};
  readonly #writers = new Map<string, Write>();

  constructor(options: OutboxOptions) {
    this.#o = options;
  }

  /** Whether a mail server is set. */
  get isOpen(): boolean {
    return this.#o.deliver !== undefined;
  }

  /** From here on mails of this kind are written when they are sent. To be said before {@link start}. */
  writes(kind: string, write: Write): void {
    this.#writers.set(kind, write);
  }

  /** Queues a mail in the caller's transaction. Without a mail server (`smtp`) it does nothing. */
  queue(tx: Transaction, mail: NewMail): void {
    if (!this.#o.deliver) return;
    if (!isMailAddress(mail.recipient)) {
      this.#log?.warn("mail to an impossible address was dropped", { organisation_id: mail.organisationId });
      return;
    }
    tx.defer(this.#stage, mail);
  }

  /** From here on mails are sent, those that an earlier process left too, until {@link stop}. */
  start(log: Pick<Logger, "info" | "warn" | "error">): void {
    this.#log = log;
    if (!this.#o.deliver) return;
    this.#o.nodes?.register({
      what: "mails",
      owners: sendingNodes,
      release: releaseMailsOf,
      unname: unnameMails,
      gone: () => this.nudge(),
    });
    // Another process on the same database (the command line) may have queued one.
    this.#o.store.subscribe(({ kind }) => kind === "all" && this.nudge());
    this.#round = this.#begin().finally(() => this.#ended());
  }

  /** On SQLite this is the only process that sends: what one that died had claimed, or was to wait, is tried at once. */
  async #begin(): Promise<void> {
    const { store, clock } = this.#o;
    this.#again = true;
    if (store.dialect !== "sqlite") return;
    try {
      const now = clock.now();
      const [next] = await store.read((reader) => reader.run(nextMail, {}));
      // Not by the first alone: beside what is due there is what the one that died had claimed.
      if (next) await store.write((tx) => tx.run(hurryMails, { now }));
    } catch (error) {
      this.#log?.error("mail could not be looked for", { error });
    }
  }

  /** Begins nothing more and breaks off what is under way: its lease brings it back. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancel();
    await this.#round;
  }

  /** Looks whether something is due. */
  nudge(): void {
    if (!this.#log || this.#abort.signal.aborted) return;
    if (this.#round) this.#again = true;
    else this.#round = this.#run().finally(() => this.#ended());
  }

  #ended(): void {
    this.#round = undefined;
    if (this.#again) {
      this.#again = false;
      this.nudge();
    }
  }

  async #run(): Promise<void> {
    let wait: number | undefined = TAKE_OVER;
    try {
      for (;;) {
        wait = await this.#untilNext();
        if (wait !== 0 || this.#abort.signal.aborted) break;
        await this.#sendSome();
      }
    } catch (error) {
      this.#log?.error("mail could not be looked for", { error });
    }
    this.#cancel();
    if (wait === undefined || this.#abort.signal.aborted) return;
    this.#cancel = this.#o.clock.after(wait, () => this.nudge());
  }

  /** Milliseconds until there is something to do; undefined: not before something is queued. */
  async #untilNext(): Promise<number | undefined> {
    const { store, clock } = this.#o;
    const [next] = await store.read((reader) => reader.run(nextMail, {}));
    const shared = store.dialect === "sqlite" ? undefined : TAKE_OVER;
    if (!next) return shared;
    const wait = Math.max(next.at, this.#pausedUntil) - clock.now();
    return Math.max(0, shared === undefined ? wait : Math.min(wait, shared));
  }

  async #sendSome(): Promise<void> {
    const { store, clock } = this.#o;
    const now = clock.now();
    const node = store.presence?.number ?? null;
    const claim = { now, lease: now + LEASE, node, limit: AT_ONCE };
    const mails = await store.write((tx) => tx.run(claimMails, claim));
    await Promise.all(mails.map((mail) => this.#send(mail)));
  }

  async #send(mail: MailRow): Promise<void> {
    const { clock, deliver } = this.#o;
    const late = new AbortController();
    const cancel = clock.after(ATTEMPT_LIMIT, () => late.abort());
    let written: Written;
    try {
      written = { ...mail, ...(await this.#writers.get(mail.kind)?.(mail)) };
      written.subject = subjectLine(written.subject);
      const signal = AbortSignal.any([this.#abort.signal, late.signal]);
      await deliver?.({ ...mail, ...written }, signal);
    } catch (error) {
      if (!this.#abort.signal.aborted) await this.#failed(mail, error);
      return;
    } finally {
      cancel();
    }
    const { recipient, subject } = written;
    await this.#end(mail, { status: "sent", recipient, subject, error: null });
  }

  /** It is not tried again. */
  async #end({ id, attempts }: MailRow, columns: Partial<MailLogRow>): Promise<void> {
    const { store, clock } = this.#o;
    await store.write(async (tx) => {
      await tx.run(removeMail, { id });
      await tx.query(settleMail(id, { attempts, endedAt: clock.now(), ...columns }));
    });
  }

  async #failed(mail: MailRow, error: unknown): Promise<void> {
    const { store, clock } = this.#o;
    const { id, organisationId: organisation_id, attempts, createdAt } = mail;
    const reason = error instanceof MailFault ? error.message : "it could not be sent";
    const now = clock.now();
    if (error instanceof MailFault && error.everyone) this.#pausedUntil = now + PAUSE;
    const at = now + (WAITS[Math.min(attempts, WAITS.length) - 1] ?? minute);
    if (!(error instanceof MailFault)) this.#log?.error("mail could not be written", { mail_id: id, error });
    // An address that nobody has is no fault of the server's, nor of interest to whoever runs it.
    const lasting = error instanceof MailFault && error.lasting;
    if (lasting || at - createdAt > GIVE_UP_AFTER) {
      await this.#end(mail, { status: "failed", error: reason });
      const fields = { mail_id: id, organisation_id, attempts, reason };
      if (lasting) this.#log?.warn("mail was refused for good", fields);
      else this.#log?.error("mail was given up", fields);
      return;
    }
    await store.write(async (tx) => {
      await tx.run(postponeMail, { id, attempts, at });
      await tx.query(settleMail(id, { attempts, error: reason }));
    });
    this.#log?.warn("mail could not be sent yet", { mail_id: id, organisation_id, attempts, reason });
  }

  readonly #stage: Stage<NewMail> = {
    apply: async (tx, items) => {
      const createdAt = this.#o.clock.now();
      for (const { organisationId, kind = NOTICE, recipient, subject, body } of items) {
        // Its id carries the time, by which the log is in order and grows old.
        const id = Bun.randomUUIDv7("hex", createdAt);
        const mail = { id, organisationId, kind, recipient, subject: subjectLine(subject), createdAt };
        await tx.run(insertMail, { ...mail, body });
        await tx.run(insertMailLog, { ...mail, recipientKey: emailKey(recipient) });
      }
    },
    committed: () => this.nudge(),
  };
}

function subjectLine(text: string): string {
  const line = text.replace(/[\p{C}\u2028\u2029]+/gu, " ").trim();
  return line.slice(0, LONGEST_SUBJECT);
}
