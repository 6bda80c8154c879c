/** Organisations as the public data API needs them: by their code, with what partners have agreed with them. */
import type { Organisation } from "../accounts/principal.ts";
import {
  allOrganisations,
  organisationByCode,
  organisationById,
  type OrganisationRow,
} from "../organisations/queries.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { Store } from "../store/store.ts";

export interface PublicOrganisation {
  organisation: Organisation;
  /** Origins of the organisation's own pages, which may ask from a browser. */
  sites: ReadonlySet<string>;
  row: OrganisationRow;
}

/** What every code looks like; nothing else is looked up, as PostgreSQL takes a NUL in a text for an error. */
const CODE = /^[a-z0-9_-]{1,63}$/;
/** Organisations kept in memory. */
const MAX_KNOWN = 1_000;

export class PublicOrganisations {
  readonly #store: Store;
  readonly #known = new Map<string, PublicOrganisation>();
  #epoch: number | undefined;
  #generation = 0;

  constructor({ store, organisations }: { store: Store; organisations: OrganisationService }) {
    this.#store = store;
    organisations.onChanged(() => this.#forget());
  }

  /**
   * An organisation; undefined where there is none. At once, where it is kept in memory: as `accounts/known-tokens.ts`
   * keeps tokens, only while no other process can have changed it.
   */
  find(code: string): PublicOrganisation | undefined | Promise<PublicOrganisation | undefined> {
    const epoch = this.#store.epoch();
    if (epoch !== this.#epoch) this.#forget();
    this.#epoch = epoch;
    const kept = epoch === undefined ? undefined : this.#known.get(code);
    if (kept) return kept;
    return CODE.test(code) ? this.#lookUp(code) : undefined;
  }

  /** The one with this id, which there must be. Not kept: only browsers with a login ask. */
  async byId(id: number): Promise<PublicOrganisation> {
    const [row] = await this.#store.read((reader) => reader.run(organisationById, { id }));
    if (!row) throw new Error(`organisation ${id} is not there`);
    return publicOrganisation(row);
  }

  /** Whether it is a site of some organisation. */
  async isAnybodysSite(origin: string): Promise<boolean> {
    const rows = await this.#store.read((reader) => reader.run(allOrganisations, {}));
    return rows.some(({ sites }) => sites.includes(origin));
  }

  async #lookUp(code: string): Promise<PublicOrganisation | undefined> {
    const generation = this.#generation;
    const [row] = await this.#store.read((reader) => reader.run(organisationByCode, { code }));
    if (!row) return undefined;
    const found = publicOrganisation(row);
    if (this.#epoch !== undefined && generation === this.#generation) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(code, found);
    }
    return found;
  }

  #forget(): void {
    this.#generation++;
    this.#known.clear();
  }
}

function publicOrganisation(row: OrganisationRow): PublicOrganisation {
  const { id, code, name, sites } = row;
  return { organisation: { id, code, name }, sites: new Set(sites), row };
}
