/**
 * Actions: operations that the YAML offers. Who may run one gives it its input, which is held to its schema, and is
 * answered with an operation.
 */
import type { Principal } from "../accounts/principal.ts";
import type { Author } from "../audit/entry.ts";
import { compileJsonSchema } from "../config/json-schema.ts";
import type { ActionConfig } from "../config/types.ts";
import { allows } from "../grants/grant.ts";
import { ACTION_PREFIX } from "../grants/resources.ts";
import { isObject } from "../http/json.ts";
import { decodeCursor, encodeCursor, type Page } from "../http/paging.ts";
import type { Logger } from "../log.ts";
import type { ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import { invalid, Problem } from "../problem.ts";
import { schemaViolations } from "../records/violations.ts";
import { forReal, rehearsal } from "../rehearsal.ts";
import type { Store, Transaction } from "../store/store.ts";
import {
  type ActionInput,
  actionKind,
  type ActionRunCollaborators,
  COMMANDS_OFF,
  kindOfAction,
} from "./kind.ts";
import { openOperations } from "./queries.ts";

export interface ShownAction {
  name: string;
  description: string;
  /** JSON Schema; null: it takes no input. */
  input: ActionConfig["input"];
  run: "http" | "command";
  dry_run: ActionConfig["dryRun"];
  /** How long a run may take. */
  timeout_seconds: number;
  /** False: it is a command, and this server runs none. */
  enabled: boolean;
}

export interface ActionCollaborators extends Omit<ActionRunCollaborators, "log"> {
  store: Store;
  operations: OperationService;
  actions: Readonly<Record<string, ActionConfig>>;
}

/** What a run is for, beside what it is given. */
interface StartOptions {
  resourceType?: string;
  resourceName?: string;
  /** The header of a dry run that is to be passed on. */
  dryRun?: string;
}

export class ActionService {
  readonly #o: ActionCollaborators;
  #actions: ReadonlyMap<string, ActionConfig> = new Map();
  #log: Pick<Logger, "info" | "warn"> | undefined;

  /** Makes every action known as a kind of operation. */
  constructor(collaborators: ActionCollaborators) {
    this.#o = collaborators;
    this.reload(collaborators.actions);
  }

  /** Others from now on. Runs under way, and those that wait for one that is gone, end as they would have. */
  reload(actions: Readonly<Record<string, ActionConfig>>): void {
    this.#actions = new Map(Object.entries(actions));
    for (const [name, action] of this.#actions) {
      const kind = actionKind(action, { ...this.#o, log: () => this.#log });
      this.#o.operations.kind(kindOfAction(name), kind);
    }
  }

  /** Where what commands print as errors is told from now on. */
  logTo(log: Pick<Logger, "info" | "warn">): void {
    this.#log = log;
  }

  /** Those that the caller may run, by name. @throws Problem `invalid` for a cursor that is none */
  list(
    { organisation, grants }: Pick<Principal, "organisation" | "grants">,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Page<ShownAction> {
    const [after = ""] = cursor === undefined ? [] : decodeCursor("actions", cursor, ["string"]);
    const found = [...this.#actions.values()]
      .filter(({ name }) => name > String(after) && allows(grants, ACTION_PREFIX + name, "run"))
      .filter((action) => isFor(action, organisation.code))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const items = found.slice(0, limit).map(show);
    const last = items.at(-1);
    return {
      items,
      next_cursor: found.length > limit && last ? encodeCursor("actions", [last.name]) : null,
    };
  }

  /** An action that an organisation has. @throws Problem `not_found` */
  find(organisationCode: string, name: string): ActionConfig {
    const action = this.#actions.get(name);
    if (!action || !isFor(action, organisationCode)) {
      throw new Problem("not_found", `There is no action ${name.slice(0, 100)}.`);
    }
    return action;
  }

  /** Whether an organisation has it. */
  has(organisationCode: string, name: string): boolean {
    const action = this.#actions.get(name);
    return action !== undefined && isFor(action, organisationCode);
  }

  /**
   * Everything that is looked at before an action is started.
   * @throws Problem `invalid` for input that does not fit, `forbidden` for a command on a server that runs none
   */
  check(action: ActionConfig, input: unknown): void {
    if (action.run.kind === "command" && !action.run.allowed) throw new Problem("forbidden", COMMANDS_OFF);
    if (!action.input) {
      const [member] = isObject(input) ? Object.keys(input) : [""];
      if (member !== undefined) throw invalid(member, "is not known here: the action takes no input");
      return;
    }
    const violations = schemaViolations(compileJsonSchema(action.input), input);
    if (violations.length > 0) {
      throw new Problem("invalid", `The input does not fit the action ${action.name}.`, { violations });
    }
  }

  /**
   * Checks the input and starts it. In a dry run nothing of it lasts, unless the action passes dry runs on: then it is
   * run for real, with the header.
   * @param dryRunHeader  the name of the header by which the caller asked for a dry run
   * @throws Problem as {@link check} and {@link begin}
   */
  async start(by: Author, action: ActionConfig, input: unknown, dryRunHeader = "dry-run") {
    this.check(action, input);
    const begin = (options: StartOptions) =>
      this.#o.store.write((tx) => this.begin(tx, by, action, input, options));
    if (!rehearsal() || action.dryRun === "validate") return await begin({});
    return await forReal(() => begin({ dryRun: dryRunHeader }));
  }

  /**
   * Starts a run in the caller's transaction, of input that was checked.
   * @throws Problem `too_many_requests` where as many are open as may be
   */
  async begin(
    tx: Transaction,
    by: Author,
    action: ActionConfig,
    input: unknown,
    { resourceType = "action", resourceName = action.name, dryRun }: StartOptions = {},
  ): Promise<ShownOperation> {
    await this.#room(tx, by.organisationId, action);
    const kept: ActionInput = { input, ...(dryRun !== undefined && { dryRun }) };
    return await this.#o.operations.start(tx, by, {
      ...{ kind: kindOfAction(action.name), input: { ...kept }, resourceType, resourceName },
    });
  }

  async #room(
    reader: Pick<Transaction, "run">,
    organisationId: number,
    { name, limits }: ActionConfig,
  ): Promise<void> {
    const kind = kindOfAction(name);
    const [open] = await reader.run(openOperations, { organisationId, kind, most: limits.open });
    if ((open?.count ?? 0) < limits.open) return;
    const detail = `There are ${limits.open} runs of ${name} that wait or are under way, which is as many as there may be.`;
    throw new Problem("too_many_requests", detail, { headers: { "retry-after": "10" } });
  }
}

function isFor({ organisations }: ActionConfig, code: string): boolean {
  return organisations.length === 0 || organisations.includes(code);
}

function show({ name, description, input, run, dryRun, timeout }: ActionConfig): ShownAction {
  return {
    ...{ name, description, input, run: run.kind, dry_run: dryRun, timeout_seconds: timeout / 1000 },
    enabled: run.kind === "http" || run.allowed,
  };
}
