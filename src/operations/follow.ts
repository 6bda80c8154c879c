/** Following an operation: waiting for its end, and a stream of how far it has come. */
import type { Clock } from "../clock.ts";
import { pause } from "../stop-signal.ts";
import type { ShownOperation } from "./operation.ts";
import type { OperationService } from "./service.ts";

export interface Following {
  operations: OperationService;
  clock: Clock;
  /** As the caller may see it now. @throws Problem `not_found` when he may not (any more) */
  look: () => Promise<ShownOperation>;
  id: string;
  /** Ends it: the caller has gone, or the server stops. */
  gone: AbortSignal;
  /** Another process may run it, of which this one hears nothing: it is looked at every second. */
  elsewhere: boolean;
}

const LOOK = 1_000;
/** A silent stream says so this often, milliseconds: proxies close what says nothing. */
const HEARTBEAT = 15_000;

/** The operation when it has ended, or as it is after `ms` milliseconds. */
export async function untilEnd(following: Following, ms: number): Promise<ShownOperation> {
  const { clock, gone } = following;
  const end = clock.now() + ms;
  for (;;) {
    // Listened for before it is looked at: what happens in between is heard.
    const news = listen(following);
    try {
      const operation = await following.look();
      const left = end - clock.now();
      if (operation.status !== "IN_PROGRESS" || left <= 0 || gone.aborted) return operation;
      await news.heard(left);
    } finally {
      news.stop();
    }
  }
}

/** The texts of server-sent events: the operation each time that it has come further, `end` when it has ended. */
export async function* events(following: Following): AsyncGenerator<string> {
  const { clock, gone } = following;
  yield "retry: 2000\n\n";
  let told = "";
  let toldAt = clock.now();
  while (!gone.aborted) {
    const news = listen(following);
    try {
      const operation = await following.look();
      const text = JSON.stringify(operation);
      if (operation.status !== "IN_PROGRESS") {
        yield `event: end\ndata: ${text}\n\n`;
        return;
      }
      if (text !== told) yield `event: progress\ndata: ${text}\n\n`;
      else if (clock.now() - toldAt >= HEARTBEAT) yield ": \n\n";
      if (text !== told || clock.now() - toldAt >= HEARTBEAT) toldAt = clock.now();
      told = text;
      await news.heard(Math.max(1, toldAt + HEARTBEAT - clock.now()));
    } finally {
      news.stop();
    }
  }
}

/** Hears what is committed about the operation from now on. */
function listen({ operations, clock, id, gone, elsewhere }: Following) {
  const heard = new AbortController();
  const stop = operations.news.listen(id, () => heard.abort());
  return {
    stop,
    heard: async (ms: number): Promise<void> => {
      const signal = AbortSignal.any([heard.signal, gone]);
      await pause(elsewhere ? Math.min(ms, LOOK) : ms, signal, clock);
    },
  };
}
