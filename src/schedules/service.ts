/** Schedules: what there is for an organisation, when each runs next and how it ran last; a run by hand. */
import type { Organisation, Principal } from "../accounts/principal.ts";
import type { ActionService } from "../actions/service.ts";
import type { Author } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import type { Config, ScheduleConfig } from "../config/types.ts";
import { decodeCursor, encodeCursor, type Page } from "../http/paging.ts";
import type { Logger } from "../log.ts";
import type { ShownOperation } from "../operations/operation.ts";
import type { OperationService } from "../operations/service.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { Problem } from "../problem.ts";
import type { Reader, Store } from "../store/store.ts";
import { CHORES, isChore } from "./chore-names.ts";
import { Chores } from "./chores.ts";
import { CronPlan } from "./cron.ts";
import { lastRun } from "./queries.ts";
import { ScheduleRuns } from "./runs.ts";
import { type Entry, firstOf, type PlannedSchedule, showSchedule, type ShownSchedule } from "./schedule.ts";
import { Scheduler } from "./scheduler.ts";

export interface ScheduleCollaborators {
  store: Store;
  clock: Clock;
  operations: OperationService;
  actions: ActionService;
  organisations: Pick<OrganisationService, "all">;
  config: Pick<Config, "schedules" | "actions">;
}

export class ScheduleService {
  readonly #o: ScheduleCollaborators;
  #planned: readonly PlannedSchedule[];
  readonly #runs: ScheduleRuns;
  /** Koppla's own, each made known by who does it. */
  readonly chores: Chores;
  #scheduler: Scheduler | undefined;

  constructor(collaborators: ScheduleCollaborators) {
    this.#o = collaborators;
    const { schedules } = collaborators.config;
    this.#planned = Object.values(schedules).map(plan);
    this.chores = new Chores(schedules);
    this.#runs = new ScheduleRuns({ ...collaborators, chores: this.chores });
  }

  /** From here on what is due is started, until {@link stop}. */
  async start(log: Pick<Logger, "error" | "info">): Promise<void> {
    const { store, clock } = this.#o;
    this.#scheduler = new Scheduler({
      ...{ store, clock, log, schedules: this.#planned, runs: this.#runs },
      organisationsOf: (schedule) => this.#organisationsOf(schedule),
    });
    await this.#scheduler.start();
  }

  /** Others from now on. The chores that schedules lead must be the same. */
  async reload(schedules: Config["schedules"], log: Pick<Logger, "error" | "info">): Promise<void> {
    await this.#scheduler?.stop();
    this.#planned = Object.values(schedules).map(plan);
    await this.start(log);
  }

  /** Resolves when what was due has been started. */
  async settled(): Promise<void> {
    await this.#scheduler?.settled();
  }

  async stop(): Promise<void> {
    await this.#scheduler?.stop();
  }

  /** By name. @throws Problem `invalid` for a cursor that is none */
  async list(
    { organisation }: Pick<Principal, "organisation">,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<ShownSchedule>> {
    const [after = ""] = cursor === undefined ? [] : decodeCursor("schedules", cursor, ["string"]);
    const found = (await this.#entriesOf(organisation))
      .filter(({ name }) => name > String(after))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const entries = found.slice(0, limit);
    const items = await this.#o.store.read(async (reader) => {
      const shown: ShownSchedule[] = [];
      for (const entry of entries) shown.push(await this.#show(reader, entry, organisation));
      return shown;
    });
    const last = entries.at(-1);
    return {
      items,
      next_cursor: found.length > limit && last ? encodeCursor("schedules", [last.name]) : null,
    };
  }

  /** @throws Problem `not_found` */
  async get({ organisation }: Pick<Principal, "organisation">, name: string): Promise<ShownSchedule> {
    const entry = await this.#find(organisation, name);
    return await this.#o.store.read((reader) => this.#show(reader, entry, organisation));
  }

  /**
   * Runs it now, whatever its times are; those stay.
   * @throws Problem `not_found`; `conflict` while the last run is under way; what the action says
   */
  async run(by: Author, organisation: Organisation, name: string): Promise<ShownOperation> {
    const entry = await this.#find(organisation, name);
    return await this.#o.store.write((tx) => this.#runs.begin(tx, by, entry, organisation, null));
  }

  async #find(organisation: Organisation, name: string): Promise<Entry> {
    const entry = (await this.#entriesOf(organisation)).find((one) => one.name === name);
    if (!entry) throw new Problem("not_found", `There is no schedule ${name.slice(0, 100)}.`);
    return entry;
  }

  /** What there is for an organisation: its schedules, and for the first one the chores. */
  async #entriesOf(organisation: Organisation): Promise<Entry[]> {
    const isFirst = firstOf(await this.#o.organisations.all())?.id === organisation.id;
    const planned = this.#planned.filter(({ runs, organisations }) =>
      runs.kind === "chore" ? isFirst : this.#isFor(organisation, runs.action, organisations),
    );
    const chores = isFirst ? this.chores.all.filter(({ led }) => !led) : [];
    return [
      ...planned.map((one) => ({ name: one.name, planned: one })),
      ...chores.map((chore) => ({ name: chore.name, chore })),
    ];
  }

  async #organisationsOf({ runs, organisations: codes }: PlannedSchedule): Promise<Organisation[]> {
    const all = await this.#o.organisations.all();
    const first = firstOf(all);
    if (runs.kind === "chore") return first ? [first] : [];
    return all.filter((organisation) => this.#isFor(organisation, runs.action, codes));
  }

  #isFor({ code }: Organisation, action: string, codes: readonly string[]): boolean {
    return (codes.length === 0 || codes.includes(code)) && this.#o.actions.has(code, action);
  }

  async #show(reader: Reader, entry: Entry, { id }: Organisation): Promise<ShownSchedule> {
    const [last] = await reader.run(lastRun, { name: entry.name, organisationId: id });
    return showSchedule(entry, this.#describe(entry), last, this.#o.clock.now());
  }

  #describe({ planned, chore }: Entry): string {
    if (!planned) return chore.description;
    const { runs } = planned;
    if (runs.kind === "chore") return isChore(runs.chore) ? CHORES[runs.chore] : "";
    return this.#o.config.actions[runs.action]?.description ?? "";
  }
}

function plan(config: ScheduleConfig): PlannedSchedule {
  const { cron, timezone } = config;
  return { ...config, plan: new CronPlan(cron, timezone), planText: `${cron} ${timezone}` };
}
