/** A run of a schedule: an operation, unless the one before is still under way. */
import type { Organisation } from "../accounts/principal.ts";
import type { ActionService } from "../actions/service.ts";
import type { Author } from "../audit/entry.ts";
import type { ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import { Problem } from "../problem.ts";
import type { Transaction } from "../store/store.ts";
import { CHORES, isChore } from "./chore-names.ts";
import { type Chores, kindOfChore } from "./chores.ts";
import { keepRun, lastRun } from "./queries.ts";
import type { Entry } from "./schedule.ts";

export interface RunCollaborators {
  operations: OperationService;
  actions: ActionService;
  chores: Chores;
}

export class ScheduleRuns {
  readonly #o: RunCollaborators;

  /** Makes the chores known as kinds of operation. */
  constructor(collaborators: RunCollaborators) {
    this.#o = collaborators;
    for (const name of Object.keys(CHORES)) {
      if (isChore(name)) collaborators.operations.kind(kindOfChore(name), collaborators.chores.kind(name));
    }
  }

  /**
   * Begins a run in the caller's transaction.
   * @param dueAt  the time by the schedule, milliseconds since 1970; null: somebody asks for it
   * @throws Problem `conflict` while the run before is under way; `too_many_requests`, `forbidden` and `invalid` as
   *   the action says
   */
  async begin(
    tx: Transaction,
    by: Author,
    entry: Entry,
    organisation: Organisation,
    dueAt: number | null,
  ): Promise<ShownOperation> {
    const { name } = entry;
    const [last] = await tx.run(lastRun, { name, organisationId: organisation.id });
    if (last?.status === "IN_PROGRESS") {
      throw new Problem("conflict", `The last run of ${name} is still under way.`);
    }
    const operation = await this.#start(tx, by, entry, organisation);
    await tx.query(keepRun({ name, organisationId: organisation.id }, { operationId: operation.id, dueAt }));
    return operation;
  }

  #start(
    tx: Transaction,
    by: Author,
    { name, planned, chore }: Entry,
    { code }: Organisation,
  ): Promise<ShownOperation> {
    const { operations, actions } = this.#o;
    const resource = { resourceType: "schedule", resourceName: name };
    if (planned?.runs.kind === "action") {
      const action = actions.find(code, planned.runs.action);
      const input = planned.runs.input ?? {};
      actions.check(action, input);
      return actions.begin(tx, by, action, input, resource);
    }
    const kind = kindOfChore(planned?.runs.chore ?? chore?.name ?? name);
    return operations.start(tx, by, { kind, input: {}, ...resource });
  }
}
