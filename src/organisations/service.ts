/** Organisations: the tenants. Every row of every feature belongs to one. */
import type { Organisation } from "../accounts/principal.ts";
import { type Author, shell } from "../audit/entry.ts";
import type { AuditLog } from "../audit/service.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import type { Grant } from "../grants/grant.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { decodeIdCursor } from "../http/id-cursor.ts";
import { encodeCursor, type Page } from "../http/paging.ts";
import { Problem } from "../problem.ts";
import { notKept, refuseKept } from "../provision/kept.ts";
import type { Also, Reader, Stage, Store, Transaction } from "../store/store.ts";
import { OrganisationKeeper } from "./keeper.ts";
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
  organisationsAfter,
  updateOrganisation,
} from "./queries.ts";
import { defaultSettings, grantsOfPassword, type OrganisationSettings } from "./settings.ts";

export class OrganisationService {
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #audit: Pick<AuditLog, "record">;
  readonly #vocabulary: GrantVocabulary;
  readonly #known = new Map<number, Known>();
  readonly #listeners = new Set<() => void>();
  /** For those that koppla.yaml keeps. */
  readonly keeper: OrganisationKeeper;

  constructor(collaborators: {
    store: Store;
    feed: ChangeFeed;
    clock: Clock;
    audit: Pick<AuditLog, "record">;
    vocabulary: GrantVocabulary;
  }) {
    this.#store = collaborators.store;
    this.#feed = collaborators.feed;
    this.#clock = collaborators.clock;
    this.#audit = collaborators.audit;
    this.#vocabulary = collaborators.vocabulary;
    const { feed, clock } = collaborators;
    this.keeper = new OrganisationKeeper({ feed, clock, record: (...given) => this.#record(...given) });
    this.#store.subscribe(({ kind }) => {
      if (kind === "all") this.#known.clear();
    });
  }

  /** Calls `listener` when an organisation was changed in this process; returns what ends that. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Asks nothing of what the author may.
   * @param body  what is not given of the settings is theirs by default
   * @param options.by  whose line it is in the audit log of the organisation that is made
   * @param options.mayHandOut  asked with what its password is to be able to do, where that is given
   * @param options.also  done in the same write
   * @throws Problem `invalid`, or `conflict` when the code is taken
   */
  async create(
    body: unknown,
    options: {
      by?: (organisationId: number) => Author;
      mayHandOut?: (grants: readonly Grant[]) => void;
      also?: Also<ShownOrganisation> | undefined;
    } = {},
  ): Promise<Organisation> {
    const { by = shell, mayHandOut, also } = options;
    const given = parseNewOrganisation(body, this.#vocabulary);
    if (given.password_grants) mayHandOut?.(grantsOfPassword(given.password_grants, this.#vocabulary));
    const { code, name, allowed_ips: allowedIps = [] } = given;
    return await this.#store.write(async (tx) => {
      const [taken] = await tx.run(organisationByCode, { code });
      if (taken) throw new Problem("conflict", `There is an organisation with the code ${code} already.`);
      const [row] = await tx.query(
        insertOrganisation({
          ...{
            code,
            name,
            createdAt: this.#clock.now(),
            ...defaultSettings,
            ...columnsOf(given),
            allowedIps,
          },
          ...{ passwordHash: null, previousPasswordHash: null, previousPasswordUntil: null, ...notKept },
        }),
      );
      if (!row) throw new Error("the organisation was not inserted");
      await this.#feed.open(tx, row.id);
      this.#record(tx, by(row.id), code, "organisation.create", { name, allowed_ips: allowedIps });
      await also?.(tx, showOrganisation(await read(tx, row.id), this.#clock.now()));
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
    return (await this.#look(id)).organisation;
  }

  /** Kept in memory in the same way: what the public data API goes by. */
  async settings(id: number): Promise<OrganisationSettings> {
    return (await this.#look(id)).settings;
  }

  /** What an organisation's password may do with the types that there are. */
  async passwordGrants(id: number): Promise<Grant[]> {
    return grantsOfPassword((await this.settings(id)).passwordGrants, this.#vocabulary);
  }

  async #look(id: number): Promise<Known> {
    let known = this.#known.get(id);
    if (!known) {
      const { code, name, ...row } = await this.#store.read((reader) => read(reader, id));
      const { allowedIps, sites, returnUrls, language, passwordGrants } = row;
      known = {
        organisation: { id, code, name },
        settings: { allowedIps, sites, returnUrls, language, passwordGrants },
      };
      this.#known.set(id, known);
    }
    return known;
  }

  async all(): Promise<Organisation[]> {
    const rows = await this.#store.read((reader) => reader.run(allOrganisations, {}));
    return rows.map(({ id, code, name }) => ({ id, code, name }));
  }

  /** A page of all, in order of their making. @throws Problem `invalid` */
  async list({ limit, cursor }: { limit: number; cursor?: string }): Promise<Page<ShownOrganisation>> {
    const id = cursor === undefined ? 0 : Number(decodeIdCursor("organisations", cursor, /^\d{1,15}$/));
    const rows = await this.#store.read((reader) => reader.run(organisationsAfter, { id, limit: limit + 1 }));
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => showOrganisation(row, this.#clock.now())),
      next_cursor: rows.length > limit && last ? encodeCursor("organisations", [String(last.id)]) : null,
    };
  }

  async get(id: number): Promise<ShownOrganisation> {
    return showOrganisation(await this.#store.read((reader) => read(reader, id)), this.#clock.now());
  }

  /**
   * Changes what `body` has and nothing else.
   * @param mayHandOut  asked with what the password is to be able to do, where that changes
   * @throws Problem `invalid`
   */
  async patch(
    author: Author,
    body: unknown,
    mayHandOut: (grants: readonly Grant[]) => void = () => {},
  ): Promise<ShownOrganisation> {
    const given = parseOrganisationPatch(body, this.#vocabulary);
    if (given.password_grants) mayHandOut(grantsOfPassword(given.password_grants, this.#vocabulary));
    const columns = columnsOf(given);
    if (Object.keys(columns).length === 0) return await this.get(author.organisationId);
    return await this.change(author, "organisation.change", { ...given }, (row) => {
      refuseKept(row);
      return columns;
    });
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

/** What is kept in memory of one. */
interface Known {
  organisation: Organisation;
  settings: OrganisationSettings;
}

/** What was given, by its columns. */
function columnsOf(given: ReturnType<typeof parseOrganisationPatch>) {
  const { name, allowed_ips: allowedIps, sites, return_urls: returnUrls, language } = given;
  const { password_grants: passwordGrants } = given;
  return {
    ...(name !== undefined && { name }),
    ...(allowedIps !== undefined && { allowedIps }),
    ...(sites !== undefined && { sites }),
    ...(returnUrls !== undefined && { returnUrls }),
    ...(language !== undefined && { language }),
    ...(passwordGrants !== undefined && { passwordGrants }),
  };
}

async function read(reader: Reader, id: number): Promise<OrganisationRow> {
  const [row] = await reader.run(organisationById, { id });
  if (!row) throw new Error(`organisation ${id} is not there`);
  return row;
}
