/** An operation: what takes longer than a request, followed by its id. */
import type { Tables } from "../../db/schema.ts";
import { isoTime } from "../http/query.ts";
import type { Transaction } from "../store/store.ts";

export type OperationRow = Tables["operations"]["$inferSelect"];

/** JSON that a kind reads and writes. */
export type Json = Record<string, unknown>;

/** As the API shows it. */
export interface ShownOperation {
  id: string;
  /** Such as `receivers.recover`. */
  kind: string;
  status: OperationRow["status"];
  /** How it stands, in a sentence; of an error, the reason. */
  message: string;
  /** `total` is null while it is not known. */
  progress: { done: number; total: number | null };
  /** What it works on: `receiver` and its id. */
  resource_type: string | null;
  resource_name: string | null;
  submitted_at: string;
  /** As in the audit log: `account:<client id>`, `user:<username>`, `shell`. */
  submitted_by: string | null;
  last_updated_at: string;
  completed_at: string | null;
  result: Json | null;
}

export interface NewOperation {
  /** A UUIDv7, where it has to be known beforehand. */
  id?: string;
  kind: string;
  input: Json;
  resourceType?: string;
  resourceName?: string;
  total?: number;
}

/** Why a run was told to end. */
export type AbortCause = "cancel" | "timeout" | "stop" | "taken";

/** The reason of `context.signal`. */
export class OperationAborted extends Error {
  override readonly name = "OperationAborted";

  constructor(readonly why: AbortCause) {
    super(`the operation was told to end: ${why}`);
  }
}

/**
 * Why a run was told to end; undefined while it was not.
 *
 * `cancel`: somebody does not want it any more. `timeout`: it took longer than its kind may. `stop`: the server stops,
 * and it goes on at the next start (where its kind can). `taken`: another process runs it now.
 */
export function abortCause(signal: AbortSignal): AbortCause | undefined {
  if (!signal.aborted) return undefined;
  return signal.reason instanceof OperationAborted ? signal.reason.why : "stop";
}

/** What the run of an operation works with. */
export interface OperationContext {
  readonly id: string;
  readonly organisationId: number;
  readonly submittedBy: string | null;
  /** Milliseconds since 1970. */
  readonly submittedAt: number;
  readonly resourceType: string | null;
  readonly resourceName: string | null;
  readonly input: Json;
  /** Where the last committed {@link progress} left it: `{}` at first. */
  readonly position: Json;
  readonly done: number;
  readonly total: number | null;
  /** How often it has failed and was begun anew ({@link OperationKind.retry}). */
  readonly failures: number;
  /** Aborted when what is left is not for this run: {@link abortCause} says why. */
  readonly signal: AbortSignal;
  /**
   * Notes how far it has come, in the transaction of the work itself: work that is committed is never done again.
   * @throws OperationTaken  another process runs it now; the transaction must not commit
   */
  progress(done: number, total: number | null, position: Json, tx: Transaction): Promise<void>;
  /**
   * Shows how far it has come, beside the work: for whoever looks. Call it as often as you like; it is written at most
   * twice a second and costs nothing in between. A restart goes on at {@link progress}, which this does not move.
   */
  note(done: number, total: number | null, message?: string): void;
}

export interface OperationOutcome {
  /** A sentence for whoever asked for it. */
  message: string;
  result?: Json;
  /** `ERROR`: it has failed, and `result` says how far it came. Such an end is not tried again. */
  status?: "SUCCESS" | "ERROR";
}

/** What an operation of some kind does. */
export interface OperationKind {
  /**
   * Begins, or goes on at `context.position`. When `context.signal` is aborted it should end soon, by returning or
   * throwing whatever it likes: at a stop it goes on later, elsewhere; of one that was cancelled, or took too long, what
   * it returns is shown as the result.
   * @throws Problem  its message becomes the operation's, except `unavailable` and `storage_full`, which are the
   *   database's: it goes on when that is back; anything else is logged and told as a fault of the server
   */
  run(context: OperationContext): Promise<OperationOutcome>;
  /** How many run at once, of one organisation and of all together, on all nodes. Not given: as many as there is room for. */
  limits?: { perOrganisation?: number; total?: number };
  /** Milliseconds that it may take, from its (first) beginning; a retry has as many again. */
  timeout?: number;
  /** A run that throws is begun anew, `times` times at most, `wait` ms later. */
  retry?: {
    times: number;
    /** Milliseconds. @param failures  so far, 1 at first */
    wait: (failures: number) => number;
    /** Which errors; not given, all of them. */
    when?: (error: unknown) => boolean;
  };
  /** Whether it may be cancelled while it runs; not given, it may. One that waits may always be. */
  cancellable?: boolean;
  /**
   * What becomes of one that was under way when its server stopped or died. `resume` (not given): it goes on at its
   * position. `fail`: nobody knows how far it came, so it ends as ERROR, or is begun anew where {@link retry} says so.
   */
  interrupted?: "resume" | "fail";
  /** Called in the transaction that ends one, however it ends: for what was kept for it alone. */
  ended?(tx: Transaction, row: OperationRow): Promise<void>;
  /** Called in one that removes an old one, for what it has left. It may do so in pieces. */
  removed?(id: string): Promise<void>;
}

/** Another process runs the operation now. */
export class OperationTaken extends Error {
  override readonly name = "OperationTaken";
}

export function showOperation(
  row: Omit<
    OperationRow,
    | "input"
    | "position"
    | "runner"
    | "leaseUntil"
    | "node"
    | "startedAt"
    | "runs"
    | "failures"
    | "cancelledBy"
  >,
): ShownOperation {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    message: row.message,
    progress: { done: row.done, total: row.total },
    resource_type: row.resourceType,
    resource_name: row.resourceName,
    submitted_at: isoTime(row.submittedAt),
    submitted_by: row.submittedBy,
    last_updated_at: isoTime(row.lastUpdatedAt),
    completed_at: row.completedAt === null ? null : isoTime(row.completedAt),
    result: row.result,
  };
}
