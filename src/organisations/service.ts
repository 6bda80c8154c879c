/** Organisations: the tenants. Every row of every feature belongs to one. */
import type { Organisation } from "../accounts/principal.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { invalid, Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { allOrganisations, insertOrganisation, organisationByCode, organisationById } from "./queries.ts";

const CODE = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export class OrganisationService {
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #known = new Map<number, Organisation>();

  constructor(collaborators: { store: Store; feed: ChangeFeed; clock: Clock }) {
    this.#store = collaborators.store;
    this.#feed = collaborators.feed;
    this.#clock = collaborators.clock;
  }

  /** @throws Problem `invalid`, or `conflict` when the code is taken */
  create({ code, name }: { code: string; name: string }): Promise<Organisation> {
    if (!CODE.test(code)) {
      throw invalid(
        "code",
        "must be 1 to 63 characters of a-z, 0-9, - and _, beginning with a letter or digit",
      );
    }
    const title = name.trim();
    if (title === "" || title.length > 200) throw invalid("name", "must have 1 to 200 characters");
    return this.#store.write(async (tx) => {
      const [taken] = await tx.run(organisationByCode, { code });
      if (taken) throw new Problem("conflict", `There is an organisation with the code ${code} already.`);
      const [row] = await tx.run(insertOrganisation, { code, name: title, at: this.#clock.now() });
      if (!row) throw new Error("the organisation was not inserted");
      await this.#feed.open(tx, row.id);
      return { id: row.id, code, name: title };
    });
  }

  /** @throws Problem `not_found` */
  async byCode(code: string): Promise<Organisation> {
    const [row] = await this.#store.read((reader) => reader.run(organisationByCode, { code }));
    if (!row) throw new Problem("not_found", `There is no organisation with the code ${code}.`);
    return { id: row.id, code: row.code, name: row.name };
  }

  /** Kept in memory: code and name of an organisation do not change. */
  async byId(id: number): Promise<Organisation> {
    let organisation = this.#known.get(id);
    if (!organisation) {
      const [row] = await this.#store.read((reader) => reader.run(organisationById, { id }));
      if (!row) throw new Error(`organisation ${id} is not there`);
      organisation = { id: row.id, code: row.code, name: row.name };
      this.#known.set(id, organisation);
    }
    return organisation;
  }

  async all(): Promise<Organisation[]> {
    const rows = await this.#store.read((reader) => reader.run(allOrganisations, {}));
    return rows.map(({ id, code, name }) => ({ id, code, name }));
  }
}
