/** Organisations: the tenants. Every row of every feature belongs to one. */
import type { Organisation } from "../accounts/principal.ts";
import { type Author, shell } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { Problem } from "../problem.ts";
import type { Reader, Stage, Store, Transaction } from "../store/store.ts";
import {
  parseNewOrganisation,
  parseOrganisationPatch,
  showOrganisation,
  type ShownOrganisation,
} from "./organisation.ts";
import {
  allOrganisations,
  insertOrganisation,
  organisationByCode,
  organisationById,
  type OrganisationRow,
  updateOrganisation,
} from "./queries.ts";

export class OrganisationService {
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #audit: Pick<AuditLog, "record">;
  readonly #known = new Map<number, Organisation>();
  readonly #listeners = new Set<() => void>();

  constructor(collaborators: {
    store: Store;
    feed: ChangeFeed;
    clock: Clock;
    audit: Pick<AuditLog, "record">;
  }) {
    this.#store = collaborators.store;
    this.#feed = collaborators.feed;
    this.#clock = collaborators.clock;
    this.#audit = collaborators.audit;
    this.#store.subscribe(({ kind }) => {
      if (kind === "all") this.#known.clear();
    });
  }

  /** Calls `listener` when an organisation was changed in this process; returns what ends that. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From the shell alone. @throws Problem `invalid`, or `conflict` when the code is taken */
  async create(body: { code: string; name: string; allowed_ips?: string[] }): Promise<Organisation> {
    const { code, name, allowed_ips: allowedIps = [] } = parseNewOrganisation(body);
    return await this.#store.write(async (tx) => {
      const [taken] = await tx.run(organisationByCode, { code });
      if (taken) throw new Problem("conflict", `There is an organisation with the code ${code} already.`);
      const [row] = await tx.query(
        insertOrganisation({
          ...{ code, name, allowedIps, createdAt: this.#clock.now() },
          ...{ passwordHash: null, previousPasswordHash: null, previousPasswordUntil: null },
        }),
      );
      if (!row) throw new Error("the organisation was not inserted");
      await this.#feed.open(tx, row.id);
      this.#record(tx, shell(row.id), code, "organisation.create", { name, allowed_ips: allowedIps });
      return { id: row.id, code, name };
    });
  }

  /** @throws Problem `not_found` */
  async byCode(code: string): Promise<Organisation> {
    const [row] = await this.#store.read((reader) => reader.run(organisationByCode, { code }));
    if (!row) throw new Problem("not_found", `There is no organisation with the code ${code}.`);
    return { id: row.id, code: row.code, name: row.name };
  }

  /** Kept in memory: the name is all of it that changes, and may be late to come from another process. */
  async byId(id: number): Promise<Organisation> {
    let organisation = this.#known.get(id);
    if (!organisation) {
      const row = await this.#store.read((reader) => read(reader, id));
      organisation = { id: row.id, code: row.code, name: row.name };
      this.#known.set(id, organisation);
    }
    return organisation;
  }

  async all(): Promise<Organisation[]> {
    const rows = await this.#store.read((reader) => reader.run(allOrganisations, {}));
    return rows.map(({ id, code, name }) => ({ id, code, name }));
  }

  async get(id: number): Promise<ShownOrganisation> {
    return showOrganisation(await this.#store.read((reader) => read(reader, id)), this.#clock.now());
  }

  /** Changes what `body` has and nothing else. @throws Problem `invalid` */
  async patch(author: Author, body: unknown): Promise<ShownOrganisation> {
    const { name, allowed_ips: allowedIps } = parseOrganisationPatch(body);
    const columns = {
      ...(name !== undefined && { name }),
      ...(allowedIps !== undefined && { allowedIps }),
    };
    if (Object.keys(columns).length === 0) return await this.get(author.organisationId);
    const detail = {
      ...(name !== undefined && { name }),
      ...(allowedIps !== undefined && { allowed_ips: allowedIps }),
    };
    return await this.change(author, "organisation.change", detail, () => columns);
  }

  /**
   * Changes an organisation's row in one write, with its line in the audit log.
   * @param author  of whose organisation it is
   */
  change(
    author: Author,
    action: string,
    detail: Record<string, unknown>,
    columns: (row: OrganisationRow) => Partial<OrganisationRow>,
  ): Promise<ShownOrganisation> {
    return this.#store.write(async (tx) => {
      const before = await read(tx, author.organisationId);
      const [row] = await tx.query(updateOrganisation(before.id, columns(before)));
      if (!row) throw new Error(`organisation ${before.id} is not there`);
      this.#record(tx, author, row.code, action, detail);
      // What others keep of it is its name, and the addresses that their accounts may come from.
      tx.announce({ kind: "all" });
      return showOrganisation(row, this.#clock.now());
    });
  }

  #record(
    tx: Transaction,
    author: Author,
    code: string,
    action: string,
    detail: Record<string, unknown>,
  ): void {
    this.#audit.record(tx, author, { action, outcome: "success", target: `organisation:${code}`, detail });
    tx.defer(this.#stage, undefined);
  }

  readonly #stage: Stage<undefined> = {
    apply: async () => {},
    committed: () => {
      this.#known.clear();
      for (const listener of this.#listeners) listener();
    },
  };
}

async function read(reader: Reader, id: number): Promise<OrganisationRow> {
  const [row] = await reader.run(organisationById, { id });
  if (!row) throw new Error(`organisation ${id} is not there`);
  return row;
}
