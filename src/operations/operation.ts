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
  kind: string;
  input: Json;
  resourceType?: string;
  resourceName?: string;
  total?: number;
}

/** What the run of an operation works with. */
export interface OperationContext {
  readonly id: string;
  readonly organisationId: number;
  readonly submittedBy: string | null;
  /** Milliseconds since 1970. */
  readonly submittedAt: number;
  readonly input: Json;
  /** Where the last committed {@link progress} left it: `{}` at first. */
  readonly position: Json;
  readonly done: number;
  readonly total: number | null;
  /** Aborted when the server stops, or another process has taken the operation over: what is left is not for this run. */
  readonly signal: AbortSignal;
  /**
   * Notes how far it has come, in the transaction of the work itself: work that is committed is never done again.
   * @throws OperationTaken  another process runs it now; the transaction must not commit
   */
  progress(done: number, total: number | null, position: Json, tx: Transaction): Promise<void>;
}

export interface OperationOutcome {
  /** A sentence for whoever asked for it. */
  message: string;
  result?: Json;
}

/** What an operation of some kind does. */
export interface OperationKind {
  /**
   * Begins, or goes on at `context.position`. When `context.signal` is aborted it should end soon, by returning or
   * throwing whatever it likes: it goes on later, elsewhere.
   * @throws Problem  its message becomes the operation's; anything else is logged and told as a fault of the server
   */
  run(context: OperationContext): Promise<OperationOutcome>;
}

/** Another process runs the operation now. */
export class OperationTaken extends Error {
  override readonly name = "OperationTaken";
}

export function showOperation(row: OperationRow): ShownOperation {
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
