/** Organisations that koppla.yaml keeps: see `provision/service.ts`. */
import { type Author, server } from "../audit/entry.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { differences, type Step } from "../provision/step.ts";
import type { OrganisationWish } from "../provision/wishes.ts";
import type { Reader, Transaction } from "../store/store.ts";
import {
  allOrganisations,
  insertOrganisation,
  organisationByCode,
  type OrganisationRow,
  updateOrganisation,
} from "./queries.ts";

/** Nobody comes from there (RFC 919): who may use an organisation from there alone cannot use it at all. */
const NOWHERE = ["255.255.255.255/32"];
/** How long the password before stays good, as where it is set by the API. */
const OVERLAP_MS = 86_400_000;

/** A password that is new in koppla.yaml is hashed before the transaction; undefined: it is as it was. */
export type NewHash = string | undefined;

interface Collaborators {
  feed: Pick<ChangeFeed, "open">;
  clock: Clock;
  /** Tells the audit log and those who keep organisations in memory. */
  record: (
    tx: Transaction,
    author: Author,
    code: string,
    action: string,
    detail: Record<string, unknown>,
  ) => void;
}

export class OrganisationKeeper {
  readonly #o: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#o = collaborators;
  }

  /** What the password of an organisation is now, to be held against koppla.yaml's. */
  async password(reader: Reader, code: string): Promise<{ hash: string | null; kept: boolean } | undefined> {
    const [row] = await reader.run(organisationByCode, { code });
    return row && { hash: row.passwordHash, kept: row.secretProvisioned };
  }

  /** The id of an organisation, also of one that koppla.yaml does not keep. */
  async id(reader: Reader, code: string): Promise<number | undefined> {
    const [row] = await reader.run(organisationByCode, { code });
    return row?.id;
  }

  async keep(
    tx: Transaction,
    { code, columns, password }: OrganisationWish,
    passwordHash: NewHash,
  ): Promise<{ id: number; step?: Step }> {
    const [row] = await tx.run(organisationByCode, { code });
    const told = { kind: "organisation", name: code } as const;
    const mark = { provisioned: true, secretProvisioned: password !== null };
    if (!row) {
      const id = await this.#insert(tx, {
        ...{ code, ...columns, createdAt: this.#o.clock.now(), passwordHash: passwordHash ?? null },
        ...{ previousPasswordHash: null, previousPasswordUntil: null, ...mark },
      });
      return { id, step: { ...told, action: "create", changes: differences({}, inYaml(columns)) } };
    }
    const changes = differences(inYaml(row), inYaml(columns));
    if (passwordHash !== undefined) changes.push({ field: "password" });
    const same = row.provisioned && row.secretProvisioned === mark.secretProvisioned;
    if (same && changes.length === 0) return { id: row.id };
    await this.#update(tx, row, {
      ...{ ...columns, ...mark },
      ...(passwordHash !== undefined && {
        passwordHash,
        previousPasswordHash: row.passwordHash,
        previousPasswordUntil: row.passwordHash === null ? null : this.#o.clock.now() + OVERLAP_MS,
      }),
    });
    return { id: row.id, step: { ...told, action: row.provisioned ? "change" : "keep", changes } };
  }

  /** Those that koppla.yaml keeps no longer: nobody gets in as one of theirs. @param kept  ids of those it keeps */
  async release(tx: Transaction, kept: ReadonlySet<number>): Promise<Step[]> {
    const rows = await tx.run(allOrganisations, {});
    const gone = rows.filter(({ id, provisioned }) => provisioned && !kept.has(id));
    for (const row of gone)
      await this.#update(tx, row, { allowedIps: NOWHERE, provisioned: false, secretProvisioned: false });
    return gone.map(({ code: name }) => ({ kind: "organisation", name, action: "disable", changes: [] }));
  }

  async #insert(tx: Transaction, row: Omit<OrganisationRow, "id">): Promise<number> {
    const [made] = await tx.query(insertOrganisation(row));
    if (!made) throw new Error("the organisation was not inserted");
    await this.#o.feed.open(tx, made.id);
    const { name, allowedIps } = row;
    const detail = { name, allowed_ips: allowedIps, by: "koppla.yaml" };
    this.#o.record(tx, server(made.id), row.code, "organisation.create", detail);
    return made.id;
  }

  async #update(tx: Transaction, row: OrganisationRow, columns: Partial<OrganisationRow>): Promise<void> {
    await tx.query(updateOrganisation(row.id, columns));
    const changed = Object.keys(columns).filter((name) => !name.toLowerCase().includes("password"));
    const detail = { changed, by: "koppla.yaml" };
    this.#o.record(tx, server(row.id), row.code, "organisation.change", detail);
    tx.announce({ kind: "all" });
  }
}

function inYaml({
  name,
  allowedIps,
  sites,
  returnUrls,
  language,
  passwordGrants,
}: OrganisationWish["columns"]) {
  return {
    ...{ name, allowed_ips: allowedIps, sites, return_urls: returnUrls, language },
    password_grants: passwordGrants,
  };
}
