/**
 * The webhook log as it happens, for `koppla log --follow`: each attempt of this server, told to whoever listens. With
 * nobody there it costs a look at an empty set.
 */
import { isoTime } from "../http/query.ts";
import type { Attempted } from "../overview/counts.ts";

/** What is told of an attempt beside what is counted. */
export interface AttemptNews {
  deliveryId: string;
  /** What has become of the delivery. */
  status: "delivered" | "retrying" | "failed" | "cancelled";
  topics: readonly string[];
  /** Which attempt it was, from 1. */
  number: number;
  statusCode: number | null;
  error: string | null;
  detail: string | null;
}

/** A line of the stream. */
export interface LiveAttempt {
  at: string;
  delivery_id: string;
  receiver_id: string;
  topics: readonly string[];
  status: AttemptNews["status"];
  number: number;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
  detail: string | null;
}

interface Listener {
  organisationId: number;
  receiverId: string | null;
  tell: (line: string) => void;
}

/** What is not read is not kept for ever: so many lines wait for a slow reader, then it misses some. */
const WAITING = 10_000;

export class LiveLog {
  readonly #listeners = new Set<Listener>();

  tell(attempt: Attempted, news: AttemptNews): void {
    if (this.#listeners.size === 0) return;
    const { organisationId, receiverId } = attempt;
    const wanted = [...this.#listeners].filter(
      (one) => one.organisationId === organisationId && (one.receiverId ?? receiverId) === receiverId,
    );
    if (wanted.length === 0) return;
    const line = `${JSON.stringify(shown(attempt, news))}\n`;
    for (const { tell } of wanted) tell(line);
  }

  /** `GET /log?organisation=ID&receiver=ID` of the control socket: NDJSON, until the one who asked goes away. */
  answer(request: Request): Response {
    const { searchParams } = new URL(request.url);
    const listener: Listener = {
      organisationId: Number(searchParams.get("organisation")),
      receiverId: searchParams.get("receiver"),
      tell: () => {},
    };
    const stream = new ReadableStream<string>(
      {
        start: (controller) => {
          listener.tell = (line) => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(line);
          };
          this.#listeners.add(listener);
          // With the first byte the one who asks knows that nothing from now on is missed.
          controller.enqueue("\n");
        },
        cancel: () => void this.#listeners.delete(listener),
      },
      { highWaterMark: WAITING },
    );
    return new Response(stream.pipeThrough(new TextEncoderStream()), {
      headers: { "content-type": "application/x-ndjson" },
    });
  }
}

function shown(attempt: Attempted, news: AttemptNews): LiveAttempt {
  const { receiverId, at, durationMs } = attempt;
  const { deliveryId, status, topics, number, statusCode, error, detail } = news;
  return {
    ...{ at: isoTime(at), delivery_id: deliveryId, receiver_id: receiverId, topics },
    ...{ status, number, duration_ms: durationMs, status_code: statusCode, error, detail },
  };
}
