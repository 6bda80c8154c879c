/**
 * The seam between messages and channels: what a message has to say to whoever publishes it, and the other way.
 *
 * A message that is published before its caller is answered (`publish: sync`) is stored first, hidden: an intent. The
 * channel is called, and one transaction then settles both: the publication's state, and whether the message is shown
 * or as if it had never been. A process that dies in between leaves the intent, and the next one shows the message as
 * `unknown`: a channel such as Open-E cannot be asked what it took.
 */
import type { Organisation } from "../accounts/principal.ts";
import type { Violation } from "../problem.ts";
import type { Transaction } from "../store/store.ts";

/** Of a message at one channel. `unknown`: the process died while the channel was called. */
export type PublicationState = "pending" | "published" | "failed" | "unknown";

export interface Reference {
  key: string;
  value: string;
}

/** A message that somebody wants stored, as far as channels have to judge it. */
export interface MessageDraft {
  organisation: Organisation;
  message: string;
  /** In the order in which they were sent, those that were sent twice once. */
  references: readonly Reference[];
  /** Which of a channel's instances is meant (`oepInstance`), as it was sent. */
  instance: string | null;
}

/** What is to become of a draft. It holds for this draft alone. */
export interface PublishPlan {
  readonly organisationId: number;
  /** What the channels find wrong with it, for a 400 with S3's own messages, in no order; then nothing is planned. */
  readonly violations: readonly Violation[];
  /** Whether the caller's answer waits for a channel: the message is stored hidden, without its change. */
  readonly waits: boolean;
  /** How long that may take, milliseconds, attachments aside: the connection must not be closed for silence before. */
  readonly longest: number;
  readonly publications: readonly {
    readonly id: string;
    readonly channel: string;
    readonly waits: boolean;
  }[];
}

export interface PublicationShown {
  channel: string;
  state: PublicationState;
  /** Milliseconds since 1970. */
  at: number;
  /** What the channel calls the message, such as Open-E's messageID. */
  externalId: string | null;
}

/** What messages need of channels. */
export interface Publisher {
  /** What is to become of a draft; nothing is stored or sent, so it serves a dry run too. */
  plan(draft: MessageDraft): PublishPlan;
  /** Stores what was planned, in the transaction that stores the message. */
  record(tx: Transaction, plan: PublishPlan, messageId: string): Promise<void>;
  /**
   * To be called when that transaction is on disk: calls the channel that the answer waits for, and settles; wakes the
   * queue for the others. Once it has begun it is brought to its end, also if the caller has gone.
   * @throws PublishRefused when the channel did not take it; the message is gone by then ({@link MessageHost.discard})
   */
  publish(plan: PublishPlan, messageId: string): Promise<void>;
  /** How it stands with a message, in the order of the channels; for those who may see it. */
  states(messageIds: readonly string[]): Promise<ReadonlyMap<string, readonly PublicationShown[]>>;
  /** In the transaction that removes messages: nothing of them is published any more. */
  forget(tx: Transaction, messageIds: readonly string[]): Promise<void>;
}

export interface ChannelAttachment {
  fileName: string;
  mimeType: string;
  /** Bytes, decoded. */
  size: number;
  /** Its bytes from the beginning, in pieces; `size` of them. May be asked for several times. */
  read(): AsyncIterable<Uint8Array>;
}

/** A stored message, as channels send it. */
export interface ChannelMessage {
  id: string;
  organisation: Organisation;
  partyId: string;
  message: string;
  references: readonly Reference[];
  attachments: readonly ChannelAttachment[];
  /** Milliseconds since 1970. */
  createdAt: number;
  instance: string | null;
  /** `sender.userId` as it was sent. */
  senderUserId: string | null;
}

/** What channels need of messages; given to the publisher by `bind`. */
export interface MessageHost {
  /** Also one that is hidden still. Undefined: it has been removed. */
  load(messageId: string): Promise<ChannelMessage | undefined>;
  /** The message is shown from now on, and its `WebMessages.Create` recorded. One that is shown already, or gone, stays. */
  show(tx: Transaction, messageId: string): Promise<void>;
  /**
   * Takes a hidden message away, with its attachments, as if it had never been: no change is recorded. One that was
   * shown meanwhile is removed, and that is told.
   */
  discard(tx: Transaction, messageId: string): Promise<void>;
}

/** A channel that the answer waited for did not take the message: what the caller is told, in S3's words. */
export class PublishRefused extends Error {
  override readonly name = "PublishRefused";
  /**
   * @param status  404 there is no such case, 401 access was denied, 500 anything else
   * @param detail  for the caller: nothing internal, no secret
   */
  constructor(
    readonly status: 401 | 404 | 500,
    readonly detail: string,
  ) {
    super(detail);
  }
}
