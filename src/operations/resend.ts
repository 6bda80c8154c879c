/** Sending again by the many: `receivers.recover` and `deliveries.resend`, which differ in their filter alone. */
import type { Author } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import {
  type AgainFilter,
  countSlice,
  findSlice,
  firstId,
  resendMany,
  SLICE,
  type Slice,
  sliceAfter,
} from "../deliveries/again.ts";
import { Problem } from "../problem.ts";
import type { ReceiverService } from "../receivers/service.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { OperationContext, OperationOutcome, ShownOperation } from "./operation.ts";
import { parseRecover, parseResend } from "./resend-input.ts";
import type { OperationService } from "./service.ts";

export interface ResendCollaborators {
  store: Store;
  clock: Clock;
  operations: OperationService;
  receivers: ReceiverService;
  types: TypeRegistry;
  /** Tells the dispatcher that deliveries of a receiver are due. */
  nudge: (receiverId: string) => void;
  /** For tests: rows of a slice. */
  slice?: number;
}

export const RECOVER = "receivers.recover";
export const RESEND = "deliveries.resend";

/** How far it has come: first it counts, then it sends. */
interface Position {
  phase: "count" | "send";
  after: string;
  resent: number;
  /** Of receivers that are disabled or removed, or under way meanwhile. */
  skipped: number;
}

export class Resends {
  readonly #o: ResendCollaborators;

  /** Makes both kinds of operation known. */
  constructor(collaborators: ResendCollaborators) {
    this.#o = collaborators;
    const run = (context: OperationContext) => this.#run(context);
    collaborators.operations.kind(RECOVER, { run });
    collaborators.operations.kind(RESEND, { run });
  }

  /**
   * Sends a receiver again what failed in a time.
   * @throws Problem `invalid`, `not_found`, `conflict` for a receiver that is disabled
   */
  async recover(by: Author, receiverId: string, body: unknown): Promise<ShownOperation> {
    const { store, clock, operations, receivers } = this.#o;
    // First of all: whether there is one is told before what is wrong with the body.
    const { name } = await receivers.get(by.organisationId, receiverId);
    const input = parseRecover(body, receiverId, clock.now());
    return await store.write(async (tx) => {
      const standing = await receivers.hold(tx, by.organisationId, receiverId);
      if (standing === "deleted") throw new Problem("not_found", `There is no receiver ${receiverId}.`);
      if (standing === "disabled") throw new Problem("conflict", `The receiver ${name} is disabled.`);
      const resource = { resourceType: "receiver", resourceName: receiverId };
      return await operations.start(tx, by, { kind: RECOVER, input: { ...input }, ...resource });
    });
  }

  /** Sends again what the filters of the log leave. @throws Problem `invalid` */
  async resend(by: Author, body: unknown): Promise<ShownOperation> {
    const { store, clock, operations, types } = this.#o;
    const input = parseResend(body, types, clock.now());
    const { receiverId } = input;
    const resource = receiverId === undefined ? {} : { resourceType: "receiver", resourceName: receiverId };
    return await store.write((tx) =>
      operations.start(tx, by, { kind: RESEND, input: { ...input }, ...resource }),
    );
  }

  async #run(context: OperationContext): Promise<OperationOutcome> {
    const filter = { organisationId: context.organisationId, ...context.input } as unknown as AgainFilter;
    if (filter.receiverId !== undefined && !(await this.#isOwn(filter.organisationId, filter.receiverId))) {
      return outcome({ resent: 0, skipped: 0 });
    }
    const given = {
      phase: "count",
      after: firstId(filter.since),
      resent: 0,
      skipped: 0,
      ...context.position,
    };
    let state: State = { position: given as Position, done: context.done, total: context.total, due: [] };
    while (!context.signal.aborted) {
      const { phase, after } = state.position;
      const slice = await this.#o.store.read((reader) =>
        sliceAfter(reader, filter, after, this.#o.slice ?? SLICE),
      );
      state = await (phase === "count" ? this.#count : this.#send).call(this, context, filter, slice, state);
      for (const receiverId of state.due) this.#o.nudge(receiverId);
      if (phase === "send" && slice.last) break;
    }
    return outcome(state.position);
  }

  async #count(
    context: OperationContext,
    filter: AgainFilter,
    slice: Slice,
    { position, done, total }: State,
  ): Promise<State> {
    const { store } = this.#o;
    const counted = (total ?? 0) + (await store.read((reader) => countSlice(reader, filter, slice)));
    const next: Position = slice.last
      ? { ...position, phase: "send", after: firstId(filter.since) }
      : { ...position, after: slice.to };
    await store.write((tx) => context.progress(done, counted, { ...next }, tx));
    return { position: next, done, total: counted, due: [] };
  }

  async #send(
    context: OperationContext,
    filter: AgainFilter,
    slice: Slice,
    { position, done, total }: State,
  ): Promise<State> {
    return await this.#o.store.write(async (tx) => {
      const found = await findSlice(tx, filter, slice);
      const due = await this.#enabled(tx, filter.organisationId, found);
      const ids = found.filter(({ receiverId }) => due.has(receiverId)).map(({ id }) => id);
      const resent = await resendMany(tx, ids, context.submittedAt);
      const next: Position = {
        ...position,
        after: slice.to,
        resent: position.resent + resent,
        skipped: position.skipped + found.length - resent,
      };
      const nowDone = done + found.length;
      // What failed since it was counted is sent, too.
      const nowTotal = Math.max(total ?? 0, nowDone);
      await context.progress(nowDone, nowTotal, { ...next }, tx);
      return { position: next, done: nowDone, total: nowTotal, due: [...due] };
    });
  }

  /** Those of the receivers that may be sent to, which stays so until the transaction ends. */
  async #enabled(
    tx: Transaction,
    organisationId: number,
    found: readonly { receiverId: string }[],
  ): Promise<Set<string>> {
    const enabled = new Set<string>();
    // In one order, so that two who hold the same ones never wait for each other crosswise.
    for (const id of [...new Set(found.map(({ receiverId }) => receiverId))].sort()) {
      if ((await this.#o.receivers.hold(tx, organisationId, id)) === "enabled") enabled.add(id);
    }
    return enabled;
  }

  /** The log's index by receiver does not know the organisation. */
  async #isOwn(organisationId: number, receiverId: string): Promise<boolean> {
    const receiver = await this.#o.store.read((reader) => this.#o.receivers.byId(reader, receiverId));
    return receiver?.organisationId === organisationId;
  }
}

interface State {
  position: Position;
  done: number;
  total: number | null;
  /** Receivers that have something to be sent now. */
  due: readonly string[];
}

function outcome({ resent, skipped }: { resent: number; skipped: number }): OperationOutcome {
  const passed =
    skipped === 0
      ? ""
      : ` ${skipped} were passed over: their receiver is disabled or removed, or they are under way.`;
  const what = resent === 1 ? "1 delivery is" : `${resent} deliveries are`;
  return { message: `${what} due again.${passed}`, result: { resent, skipped } };
}
