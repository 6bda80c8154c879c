/**
 * The feed: one row per object with its latest change, in the order of an ever-growing sequence per organisation.
 * Webhooks, polling and server-sent events all read it; it is merged by construction.
 */
import type { Author } from "../audit/entry.ts";
import type { FieldValue } from "../records/former.ts";
import { currentTrace, type TraceContext } from "../tracing/context.ts";
import type { Reader, Stage, Store, Transaction } from "../store/store.ts";
import { putChangesOf } from "./put.ts";
import { type ChangeRow, changesOfTopic, feedHead, newestOfTopic, openFeed } from "./queries.ts";
import { RecentPages } from "./recent-pages.ts";
import { type Action, OWN_TOPICS, type OwnAction, type OwnTopic } from "./topics.ts";

export type { ChangeRow } from "./queries.ts";

export interface NewChange {
  organisationId: number;
  /** Such as `Trainings.Update`. */
  topic: string;
  object: string;
  key: string;
  action: Action | OwnAction;
  /** Milliseconds since 1970. */
  at: number;
  /** Who did it (`user:anna`), and who acted in that name (`account:acc_...`). */
  subject: string | null;
  actor: string | null;
  /** Values of filter fields that the object had until now (`records/former.ts`). */
  left?: readonly FieldValue[];
  /** In which trace it is made; found out by {@link ChangeFeed.record}. */
  trace?: TraceContext;
}

/** Changes that have all but their objects' keys in common; no two are of the same object. */
export interface ManyChanges extends Omit<NewChange, "key" | "left"> {
  rows: readonly { key: string }[];
}

/** What has just been committed, for those who wait for changes. */
export interface FeedNews {
  organisationId: number;
  /** Topic to number of changes written. Empty when another process wrote them: anything may have changed. */
  topics: ReadonlyMap<string, number>;
}

export interface FeedPage {
  rows: readonly ChangeRow[];
  /** Where to go on: every change of the topics up to here has been read. */
  cursor: number;
  /** Whether more may lie beyond. */
  more: boolean;
}

/** A change of an object of the server's own. */
export interface OwnChange {
  topic: OwnTopic;
  action: OwnAction;
  /** Its id, as its URL has it. */
  key: string;
  /** Milliseconds since 1970. */
  at: number;
}

export class ChangeFeed {
  readonly #listeners = new Set<(news: FeedNews) => void>();
  /** Organisations whose feed was read: somebody may wait for it. */
  readonly #read = new Set<number>();
  readonly #recent = new RecentPages();

  constructor(readonly store: Store) {
    store.subscribe((message) => {
      if (message.kind === "feed") this.#tell({ organisationId: message.organisationId, topics: new Map() });
      else if (message.kind === "all") {
        for (const organisationId of this.#read) this.#tell({ organisationId, topics: new Map() });
      }
    });
  }

  /** Makes an organisation's feed; once, when the organisation is made. */
  async open(tx: Transaction, organisationId: number): Promise<void> {
    await tx.run(openFeed, { organisationId });
  }

  /** Records a change; it gets its sequence when the transaction commits. */
  record(tx: Transaction, change: NewChange): void {
    const trace = currentTrace();
    tx.defer(this.#stage, trace ? { ...change, trace } : change);
  }

  /** As {@link record}, of many objects: they stand in the feed in the order of the rows. */
  recordMany(tx: Transaction, changes: ManyChanges): void {
    const trace = currentTrace();
    tx.defer(this.#stage, trace ? { ...changes, trace } : changes);
  }

  /**
   * Tells those in this process who keep answers that something of the topic has changed, without a change of its own.
   * @param count  of how many objects
   */
  touch(
    tx: Transaction,
    { organisationId, topic }: Pick<NewChange, "organisationId" | "topic">,
    count = 1,
  ): void {
    tx.defer(this.#touched, { organisationId, topic, count });
  }

  /** As {@link record}, of an object of the server's own. @param by  who did it */
  recordOwn(
    tx: Transaction,
    by: Pick<Author, "organisationId" | "subject" | "actor">,
    { topic, action, key, at }: OwnChange,
  ): void {
    const { organisationId, subject, actor } = by;
    const { object } = OWN_TOPICS[topic];
    this.record(tx, { organisationId, topic, object, key, action, at, subject, actor });
  }

  /** Calls `listener` whenever changes were committed; returns what ends that. */
  listen(listener: (news: FeedNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The organisation's newest sequence. */
  async head(reader: Reader, organisationId: number): Promise<number> {
    const [feed] = await reader.run(feedHead, { organisationId });
    return feed?.sequence ?? 0;
  }

  /**
   * The changes of `topics` after the sequence `after`, oldest first, at most `limit`.
   * The head is read first and nothing beyond it is taken: an object that changes while the topics are read moves
   * past the head and is found by the next call.
   */
  async page(
    reader: Reader,
    query: { organisationId: number; topics: readonly string[]; after: number; limit: number },
  ): Promise<FeedPage> {
    const { organisationId, topics, after, limit } = query;
    this.#read.add(organisationId);
    const head = await this.head(reader, organisationId);
    if (head <= after) return { rows: [], cursor: after, more: false };
    const key = `${after}/${limit}/${topics.join()}`;
    const known = this.#recent.find(organisationId, head, key);
    if (known) return known;
    const pages = await Promise.all(
      topics.map((topic) => reader.run(changesOfTopic, { organisationId, topic, after, limit: limit + 1 })),
    );
    const rows = pages
      .flat()
      .filter((row) => row.sequence <= head)
      .sort((a, b) => a.sequence - b.sequence);
    const more = rows.length > limit;
    if (more) rows.length = limit;
    const page = { rows, cursor: more ? (rows.at(-1)?.sequence ?? head) : head, more };
    this.#recent.keep(organisationId, head, key, page);
    return page;
  }

  /**
   * The sequence of the `nth` newest change of the topics: whoever stands before it has at least `nth` changes of
   * different objects before him. Undefined when there are not so many.
   */
  async nthNewest(
    reader: Reader,
    { organisationId, topics, nth }: { organisationId: number; topics: readonly string[]; nth: number },
  ): Promise<number | undefined> {
    const newest = await Promise.all(
      topics.map((topic) => reader.run(newestOfTopic, { organisationId, topic, limit: nth })),
    );
    const sequences = newest.flat().map(({ sequence }) => sequence);
    return sequences.sort((a, b) => b - a)[nth - 1];
  }

  #tell(news: FeedNews): void {
    for (const listener of this.#listeners) listener(news);
  }

  readonly #stage: Stage<NewChange | ManyChanges> = {
    order: 1,
    apply: async (tx, items) => {
      // Organisations in order of their ids, so that two nodes never wait for each other's.
      for (const [organisationId, changes] of [...byOrganisation(items)].sort(([a], [b]) => a - b)) {
        await putChangesOf(tx, organisationId, changes);
        tx.announce({ kind: "feed", organisationId });
      }
    },
    committed: (items) => this.#tellOf(items),
  };

  readonly #touched: Stage<Touched> = {
    apply: async () => {},
    committed: (items) => this.#tellOf(items),
  };

  #tellOf(items: readonly (NewChange | ManyChanges | Touched)[]): void {
    for (const [organisationId, changes] of byOrganisation(items)) {
      const topics = new Map<string, number>();
      for (const change of changes) {
        const count = "rows" in change ? change.rows.length : "count" in change ? change.count : 1;
        topics.set(change.topic, (topics.get(change.topic) ?? 0) + count);
      }
      this.#tell({ organisationId, topics });
    }
  }
}

interface Touched extends Pick<NewChange, "organisationId" | "topic"> {
  count: number;
}

function byOrganisation<T extends Pick<NewChange, "organisationId">>(items: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(item.organisationId);
    if (group) group.push(item);
    else groups.set(item.organisationId, [item]);
  }
  return groups;
}
