/**
 * A channel: somewhere else that web messages are published. One kind is a folder here that makes a {@link Channel} of
 * its part of the YAML; `open.ts` knows them all. What is the same for every kind (the queue, retries, the log, what
 * becomes of a message that is refused) is in `service.ts`.
 */
import type { ChannelMessage, MessageDraft } from "../messages/publisher.ts";
import type { OutgoingError, OutgoingResult, Send } from "../outgoing/request.ts";
import type { Violation } from "../problem.ts";

/** Whether a message is published here, and what the channel finds wrong with it. */
export interface Verdict {
  takes: boolean;
  /** In S3's words; the message is refused. */
  violations: readonly Violation[];
}

export interface ChannelContext {
  /** The same for every attempt. */
  publicationId: string;
  /** Milliseconds since 1970. */
  now: number;
  /** Without a trailing slash. */
  publicUrl: string;
  send: Send;
  signal: AbortSignal;
}

/**
 * Why an attempt failed. `answer`: what came cannot be understood. `fault`: the other side said why not. `internal`: the
 * message could not be read.
 */
export type ChannelError = OutgoingError | "answer" | "fault" | "internal";

export type ChannelOutcome =
  | { published: true; statusCode: number | null; externalId: string | null }
  | {
      published: false;
      statusCode: number | null;
      error: ChannelError;
      /** For the log: no secret. */
      detail: string | null;
      retryAfter?: string | undefined;
      /** Another attempt would fare no better. */
      final: boolean;
      /** What a caller who waits is told: nothing internal. */
      told: { status: 401 | 404 | 500; detail: string };
    };

export interface Channel {
  readonly name: string;
  /** How long a small message may take, milliseconds. */
  readonly longest: number;
  judge(draft: MessageDraft): Verdict;
  /** Makes one attempt. */
  publish(message: ChannelMessage, context: ChannelContext): Promise<ChannelOutcome>;
}

/** Attachments take their time to be sent, beside what the YAML allows: milliseconds, a second for each million bytes. */
export function uploadTime(bytes: number): number {
  return Math.round(bytes / 1_000);
}

/** What became of a request that was not answered as it should be. @param detail  what a caller is told */
export function failed(
  { status, error, detail, retryAfter }: OutgoingResult,
  told: string,
): ChannelOutcome & { published: false } {
  return {
    ...{ published: false, statusCode: status ?? null, error: error ?? "status", detail: detail ?? null },
    ...{ retryAfter, final: false, told: { status: 500, detail: told } },
  };
}
