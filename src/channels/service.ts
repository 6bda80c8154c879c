/**
 * Publishing: what becomes of messages at the channels of their organisation. Implements what messages ask of channels
 * (`messages/publisher.ts`), over a queue for each channel.
 */
import type { Clock } from "../clock.ts";
import type { ChannelConfig, Config } from "../config/types.ts";
import { Heartbeat, LEASE } from "../heartbeat.ts";
import type { Logger } from "../log.ts";
import {
  type MessageDraft,
  type MessageHost,
  type PublicationShown,
  type Publisher,
  type PublishPlan,
  PublishRefused,
} from "../messages/publisher.ts";
import type { NodeWatch } from "../nodes/watch.ts";
import type { Send } from "../outgoing/request.ts";
import type { Violation } from "../problem.ts";
import { rehearsal } from "../rehearsal.ts";
import type { Stage, Store, Transaction } from "../store/store.ts";
import { attempt, type AttemptCollaborators, giveUp } from "./attempt.ts";
import type { Channel } from "./channel.ts";
import { flowInstanceViolations } from "./open-e/case-number.ts";
import { openChannel } from "./open.ts";
import {
  abandonedPublications,
  endPublications,
  insertPublications,
  type PublicationRow,
  publicationsOf,
  publishingNodes,
  releasePublications,
  releasePublicationsOf,
  renewPublications,
  unnamePublications,
} from "./queries.ts";
import { ChannelQueue, leaseFor, PATIENCE } from "./queue.ts";

export interface PublishingOptions {
  store: Store;
  clock: Clock;
  send: Send;
  config: Pick<Config, "channels">;
  /** Not given where this process is none that others watch. */
  nodes?: Pick<NodeWatch, "register">;
  random?: () => number;
}

export interface PublishingStart {
  log: Pick<Logger, "info" | "warn" | "error">;
  /** Without a trailing slash. */
  publicUrl: string;
}

interface Known {
  config: ChannelConfig;
  channel: Channel;
}

export class Publishing implements Publisher {
  readonly #o: PublishingOptions;
  readonly #channels: ReadonlyMap<string, Known>;
  readonly #queues = new Map<string, ChannelQueue>();
  readonly #abort = new AbortController();
  /** Of what answers wait for, where another process could take this one for dead. */
  readonly #heartbeat: Heartbeat;
  #cancelTakeOver = (): void => {};
  #host: MessageHost | undefined;
  #started: PublishingStart = { log: { info() {}, warn() {}, error() {} }, publicUrl: "" };

  private constructor(options: PublishingOptions, channels: readonly Known[]) {
    this.#o = options;
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      renew: (ids, until) => options.store.write((tx) => tx.query(renewPublications(ids, until))),
      failed: (error) => this.#started.log.warn("publications under way could not be held", { error }),
    });
    this.#channels = new Map(channels.map((known) => [known.channel.name, known]));
  }

  /** @throws when a certificate of a channel cannot be read */
  static async open(options: PublishingOptions): Promise<Publishing> {
    const configs = Object.values(options.config.channels);
    const channels = configs.map(async (config) => ({ config, channel: await openChannel(config) }));
    return new Publishing(options, await Promise.all(channels));
  }

  /** Says where messages are. Before anything is published. */
  bind(host: MessageHost): void {
    this.#host = host;
  }

  plan(draft: MessageDraft): PublishPlan {
    const { code, id: organisationId } = draft.organisation;
    const known = [...this.#channels.values()].filter(
      ({ config: { organisations } }) => organisations.length === 0 || organisations.includes(code),
    );
    // The public service's rule on case numbers holds also where no Open-E is set.
    const violations: Violation[] = known.some(({ config }) => config.kind === "open-e")
      ? []
      : flowInstanceViolations(draft);
    const taking = known.filter(({ channel }) => {
      const verdict = channel.judge(draft);
      violations.push(...verdict.violations);
      return verdict.takes;
    });
    const once = new Map(violations.map((one) => [`${one.field}: ${one.message}`, one]));
    if (once.size > 0) {
      return { organisationId, violations: [...once.values()], waits: false, longest: 0, publications: [] };
    }
    const publications = taking.map(({ config: { name, publish } }) => {
      return { id: Bun.randomUUIDv7(), channel: name, waits: publish === "sync" };
    });
    const longest = taking.flatMap(({ config, channel }) =>
      config.publish === "sync" ? channel.longest : [],
    );
    const waits = longest.length > 0;
    return { organisationId, violations: [], waits, longest: Math.max(0, ...longest), publications };
  }

  async record(tx: Transaction, plan: PublishPlan, messageId: string): Promise<void> {
    if (plan.publications.length === 0) return;
    const now = this.#o.clock.now();
    const rows = plan.publications.map(({ id, channel, waits }): PublicationRow => {
      return {
        ...{ id, organisationId: plan.organisationId, messageId, channel, waits, state: "pending" },
        ...{ attempts: waits ? 1 : 0, scheduleFrom: 0, createdAt: now, changedAt: now },
        // Whoever answers tries at once, and the name of the try is that of the publication.
        ...{ run: waits ? id : null, nextAttemptAt: waits ? now + this.#lease(channel) : now, node: null },
        ...{ externalId: null, statusCode: null, error: null, detail: null },
      };
    });
    await tx.query(insertPublications(rows));
    tx.defer(this.#stage, plan);
  }

  async publish(plan: PublishPlan, messageId: string): Promise<void> {
    if (rehearsal()) return;
    for (const { id, channel: name } of plan.publications.filter(({ waits }) => waits)) {
      const known = this.#channels.get(name);
      if (!known) throw new Error(`there is no channel ${name}`);
      const tried = { id, run: id, messageId, attempts: 1, scheduleFrom: 0, waits: true };
      const never = new AbortController().signal;
      const collaborators = this.#collaborators(never);
      const work = () => attempt(known.channel, tried, null, collaborators);
      const { outcome } = await (this.#alone ? work() : this.#heartbeat.during(id, work));
      if (outcome.published) continue;
      const { error: reason, detail, told } = outcome;
      this.#started.log.warn("message was refused by its channel", {
        ...{ channel: name, publication_id: id, organisation_id: plan.organisationId, reason, detail },
      });
      throw new PublishRefused(told.status, told.detail);
    }
  }

  async states(messageIds: readonly string[]): Promise<ReadonlyMap<string, readonly PublicationShown[]>> {
    const states = new Map<string, PublicationShown[]>();
    if (messageIds.length === 0) return states;
    for (const row of await this.#o.store.read((reader) => reader.query(publicationsOf(messageIds)))) {
      const { messageId, channel, state, changedAt: at, externalId } = row;
      states.set(messageId, [...(states.get(messageId) ?? []), { channel, state, at, externalId }]);
    }
    return states;
  }

  async forget(tx: Transaction, messageIds: readonly string[]): Promise<void> {
    if (messageIds.length === 0) return;
    await tx.query(endPublications(messageIds, this.#o.clock.now()));
  }

  /**
   * Takes up what an earlier process left, and from then on whatever is queued, until {@link stop}. On SQLite, where no
   * other process can be publishing, what was under way when it died is settled at once.
   */
  async start(started: PublishingStart): Promise<void> {
    this.#started = started;
    const { store } = this.#o;
    const collaborators = this.#collaborators(this.#abort.signal);
    await this.#takeOver();
    for (const [name, { config, channel }] of this.#channels) {
      const { retry, concurrency } = config;
      const { log } = started;
      this.#queues.set(name, new ChannelQueue(channel, { ...collaborators, log, retry, concurrency }));
    }
    this.#o.nodes?.register({
      what: "publications",
      owners: publishingNodes,
      release: releasePublicationsOf,
      unname: unnamePublications,
      patience: PATIENCE,
      gone: () => this.nudge(),
    });
    store.subscribe(({ kind }) => kind === "all" && this.nudge());
    this.nudge();
  }

  /** Settles what earlier processes were trying: also of channels that the YAML has no more, which no queue looks after. */
  async #takeOver(): Promise<void> {
    const { store, clock } = this.#o;
    const before = Number.MAX_SAFE_INTEGER;
    const left = await store.read((reader) => reader.run(abandonedPublications, { before }));
    const now = clock.now();
    const queued = left.some(({ waits }) => !waits);
    if (this.#alone && queued) await store.write((tx) => tx.run(releasePublications, { now }));
    const isOver = ({ nextAttemptAt: lease }: PublicationRow) => this.#alone || (lease ?? 0) < now;
    const awaited = left.filter(({ waits }) => waits);
    const collaborators = this.#collaborators(this.#abort.signal);
    for (const row of awaited.filter(isOver)) await giveUp(row, collaborators);
    const later = awaited.filter((row) => !isOver(row) && !this.#channels.has(row.channel));
    if (later.length === 0 || this.#abort.signal.aborted) return;
    const wait = Math.max(...later.map(({ nextAttemptAt }) => nextAttemptAt ?? now)) - now + 1;
    this.#cancelTakeOver = clock.after(wait, () => {
      this.#takeOver().catch((error: unknown) =>
        this.#started.log.error("what an earlier process left could not be looked for", { error }),
      );
    });
  }

  /** Whether no other process can be publishing. */
  get #alone(): boolean {
    return this.#o.store.dialect === "sqlite";
  }

  /** Begins nothing more and breaks off what the queues have under way: whoever starts next goes on. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancelTakeOver();
    await Promise.all([...this.#queues.values()].map((queue) => queue.stop()));
  }

  /** Looks whether something is due: at one channel, or at all. */
  nudge(channel?: string): void {
    if (rehearsal()) return;
    if (channel !== undefined) this.#queues.get(channel)?.nudge();
    else for (const queue of this.#queues.values()) queue.nudge();
  }

  #collaborators(signal: AbortSignal): AttemptCollaborators {
    const { store, clock, send, random = Math.random } = this.#o;
    const { log, publicUrl } = this.#started;
    if (!this.#host) throw new Error("nobody has said where messages are");
    return { store, clock, send, host: this.#host, publicUrl, signal, log, random };
  }

  #lease(name: string): number {
    if (!this.#alone) return LEASE;
    const known = this.#channels.get(name);
    return known ? leaseFor(known.channel) : 0;
  }

  readonly #stage: Stage<PublishPlan> = {
    apply: async () => {},
    committed: (plans) => {
      const queued = plans.flatMap(({ publications }) => publications).filter(({ waits }) => !waits);
      for (const name of new Set(queued.map(({ channel }) => channel))) this.nudge(name);
    },
  };
}
