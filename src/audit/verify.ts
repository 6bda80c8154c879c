/** Whether the audit log is what was written: walks each chain from its anchor to its head. */
import type { Reader, Store } from "../store/store.ts";
import { genesis, hashOf } from "./chain.ts";
import { eventsAfter, headOf } from "./queries.ts";

/** A place in a chain that somebody has noted: all up to it must still be what it was. */
export interface Known {
  sequence: number;
  hash: string;
}

export interface ChainReport {
  organisationId: number;
  /** Events that were read, and the last of them. */
  events: number;
  last: Known;
  /** What retention has removed ends here; the first event has the next sequence. */
  anchor: Known;
  /** The first event that is not what was written, and what is wrong with it; null: the chain is whole. */
  broken: { sequence: number; reason: string } | null;
}

type Head = Awaited<ReturnType<typeof readHead>>;

/** Events that are read, and hashed, at once. */
const PAGE = 500;

/** Told after each page: how many events were read, and of how many. What it throws ends the walk. */
export type Watch = (done: number, total: number) => Promise<void>;

export class AuditVerifier {
  readonly #store: Store;

  constructor({ store }: { store: Store }) {
    this.#store = store;
  }

  /** May run beside a server: what is added while it reads is for the next time, what retention removes is not missed. */
  async verify(organisationId: number, known?: Known, watch?: Watch): Promise<ChainReport> {
    for (;;) {
      const head = await this.#store.read((reader) => readHead(reader, organisationId));
      const report = await this.#walk(organisationId, head, known, watch);
      if (!report.broken) return report;
      const now = await this.#store.read((reader) => readHead(reader, organisationId));
      // Retention has moved the anchor meanwhile: the walk began at events that are gone.
      if (now.prunedSequence === head.prunedSequence) return report;
    }
  }

  async #walk(
    organisationId: number,
    head: Head,
    known: Known | undefined,
    watch: Watch | undefined,
  ): Promise<ChainReport> {
    const anchor = { sequence: head.prunedSequence, hash: head.prunedHash };
    const report: ChainReport = { organisationId, events: 0, last: anchor, anchor, broken: null };
    const broken = (sequence: number, reason: string): ChainReport => ({
      ...report,
      broken: { sequence, reason },
    });
    if (anchor.sequence === 0 && anchor.hash !== genesis(organisationId)) {
      return broken(1, "the chain does not begin as this organisation's does");
    }
    for (;;) {
      const after = report.last.sequence;
      const page = await this.#store.read((reader) =>
        reader.run(eventsAfter, { organisationId, after, limit: PAGE }),
      );
      for (const event of page) {
        const sequence = report.last.sequence + 1;
        if (event.sequence !== sequence) return broken(sequence, "it is missing");
        if (hashIn(report.last.hash, event) !== event.hash) return broken(sequence, "it was changed");
        report.last = { sequence, hash: event.hash };
        report.events++;
        if (known?.sequence === sequence && known.hash !== event.hash) {
          return broken(sequence, "its hash is not the one that was noted");
        }
      }
      await watch?.(report.events, Math.max(head.sequence - anchor.sequence, report.events));
      if (page.length < PAGE) break;
    }
    return this.#end(report, known);
  }

  /** The head must be the last event: else some were removed from the end, or added past it. */
  async #end(report: ChainReport, known: Known | undefined): Promise<ChainReport> {
    const { organisationId, last } = report;
    const head = await this.#store.read((reader) => readHead(reader, organisationId));
    const broken = (sequence: number, reason: string) => ({ ...report, broken: { sequence, reason } });
    if (last.sequence > head.sequence) return broken(head.sequence + 1, "it lies beyond the chain's head");
    if (last.sequence < head.sequence) {
      const [next] = await this.#store.read((reader) =>
        reader.run(eventsAfter, { organisationId, after: last.sequence, limit: 1 }),
      );
      // Else it was added while the chain was read.
      if (next?.sequence !== last.sequence + 1) return broken(last.sequence + 1, "it is missing");
    } else if (last.hash !== head.hash) return broken(last.sequence, "the chain's head is another");
    if (known !== undefined && known.sequence > head.sequence) {
      return broken(head.sequence + 1, "the chain ends before the event that was noted");
    }
    return report;
  }
}

async function readHead(reader: Reader, organisationId: number) {
  const [head] = await reader.run(headOf, { organisationId });
  const hash = genesis(organisationId);
  return head ?? { sequence: 0, hash, prunedSequence: 0, prunedHash: hash };
}

/** Undefined where the row is not even an event: its time is no time. */
function hashIn(previous: string, event: Parameters<typeof hashOf>[1]): string | undefined {
  try {
    return hashOf(previous, event);
  } catch {
    return undefined;
  }
}
