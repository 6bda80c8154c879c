/**
 * What koppla.yaml says that there is to be: made, or brought up to date, at every start and reload.
 *
 * Everything happens in one transaction, and nodes of one PostgreSQL that start together take turns at a row: the second
 * finds nothing left to do. What is kept is marked, and nobody else changes it (`kept.ts`); what is taken out of the
 * YAML is disabled and anybody's again, never deleted.
 */
import { createHmac } from "node:crypto";

import type { AccountService } from "../accounts/service.ts";
import type { Clock } from "../clock.ts";
import type { NewHash } from "../organisations/keeper.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { PasswordGate } from "../passwords/gate.ts";
import { Problem } from "../problem.ts";
import type { ReceiverService } from "../receivers/service.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { UserService } from "../users/service.ts";
import { holdProvision, keepPasswords, lastProvision, openProvision } from "./queries.ts";
import type { Step } from "./step.ts";
import type { Wishes } from "./wishes.ts";

export interface ProvisioningCollaborators {
  store: Store;
  clock: Clock;
  gate: PasswordGate;
  organisations: OrganisationService;
  accounts: AccountService;
  users: UserService;
  receivers: ReceiverService;
  /** 32 bytes derived from the master key for this purpose alone. */
  key: Uint8Array;
}

export class Provisioning {
  readonly #o: ProvisioningCollaborators;

  constructor(collaborators: ProvisioningCollaborators) {
    this.#o = collaborators;
  }

  /**
   * @param options.forReal  false: undone at the end, for whoever only wants to know
   * @returns what was done, in order
   * @throws Problem `invalid` where something refers to an organisation or account that is not there
   */
  async apply(wishes: Wishes, { forReal = true } = {}): Promise<Step[]> {
    const { store, clock } = this.#o;
    const last = await store.read(async (reader) => (await reader.run(lastProvision, {}))[0]);
    if (!last && Object.values(wishes).every((list) => list.length === 0)) return [];
    const passwords = this.#digest(wishes);
    const hashes = await this.#newHashes(wishes, last?.passwords === passwords);
    const undone = new Undone();
    try {
      return await store.write(async (tx) => {
        await tx.run(openProvision, {});
        const [turn] = await tx.run(holdProvision, { at: clock.now() });
        // Another node has set the same ones while this one hashed them.
        const theirs = turn?.passwords === passwords && last?.passwords !== passwords;
        const steps = await this.#keep(tx, wishes, theirs ? new Map() : hashes);
        await tx.run(keepPasswords, { passwords });
        if (forReal) return steps;
        undone.steps = steps;
        throw undone;
      });
    } catch (error) {
      if (error !== undone) throw error;
      return undone.steps;
    }
  }

  async #keep(tx: Transaction, wishes: Wishes, hashes: ReadonlyMap<string, NewHash>): Promise<Step[]> {
    const { organisations, accounts, users, receivers } = this.#o;
    const steps: Step[] = [];
    const noted = <Id>({ id, step }: { id: Id; step?: Step }): Id => {
      if (step) steps.push(step);
      return id;
    };

    const ids = new Map<string, number>();
    for (const wish of wishes.organisations)
      ids.set(wish.code, noted(await organisations.keeper.keep(tx, wish, hashes.get(wish.code))));
    const keptOrganisations = new Set(ids.values());
    const idOf = async (code: string): Promise<number> => {
      const id = ids.get(code) ?? (await organisations.keeper.id(tx, code));
      if (id === undefined) throw missing(`organisation ${code}`);
      ids.set(code, id);
      return id;
    };

    const keptAccounts = new Set<string>();
    for (const wish of wishes.accounts)
      keptAccounts.add(noted(await accounts.keeper.keep(tx, await idOf(wish.organisation), wish)));
    const accountOf = async (organisation: string, name: string) => {
      const account = await accounts.keeper.named(tx, await idOf(organisation), name);
      if (!account) throw missing(`account ${organisation}/${name}`);
      return account;
    };

    const keptUsers = new Set<string>();
    for (const wish of wishes.users) {
      const { organisation, username } = wish;
      const hash = hashes.get(`${organisation}/${username}`);
      keptUsers.add(noted(await users.keeper.keep(tx, await idOf(organisation), wish, hash)));
    }

    const keptPolicies = new Set<string>();
    for (const wish of wishes.policies) {
      const account = await accountOf(wish.organisation, wish.account);
      keptPolicies.add(noted(await accounts.keeper.keepPolicy(tx, account, wish)));
    }

    const keptReceivers = new Set<string>();
    for (const wish of wishes.receivers) {
      const { id, organisationId } = await accountOf(wish.organisation, wish.account);
      keptReceivers.add(noted(await receivers.keeper.keep(tx, organisationId, id, wish)));
    }

    // What needs others goes before them.
    steps.push(...(await receivers.keeper.release(tx, keptReceivers)));
    steps.push(...(await accounts.keeper.releasePolicies(tx, keptPolicies)));
    steps.push(...(await users.keeper.release(tx, keptUsers)));
    steps.push(...(await accounts.keeper.release(tx, keptAccounts)));
    steps.push(...(await organisations.keeper.release(tx, keptOrganisations)));
    return steps;
  }

  /**
   * Hashes of the passwords that are not as they were. argon2id takes 50 ms each, so as long as all of them together are
   * the ones of last time, only those are tried that were not kept then.
   */
  async #newHashes({ organisations, users }: Wishes, same: boolean): Promise<Map<string, NewHash>> {
    const { store, gate } = this.#o;
    const hashes = new Map<string, NewHash>();
    const hash = async (
      name: string,
      password: string,
      now: { hash: string | null; kept: boolean } | undefined,
    ) => {
      if (same && now?.kept && now.hash !== null) return;
      if (now?.hash && (await gate.verify(password, now.hash))) return;
      hashes.set(name, await gate.hash(password));
    };
    for (const { code, password } of organisations) {
      if (password === null) continue;
      await hash(
        code,
        password,
        await store.read((reader) => this.#o.organisations.keeper.password(reader, code)),
      );
    }
    for (const { organisation, username, password } of users) {
      if (password === undefined) continue;
      const now = await store.read(async (reader) => {
        const id = await this.#o.organisations.keeper.id(reader, organisation);
        return id === undefined ? undefined : await this.#o.users.keeper.password(reader, id, username);
      });
      await hash(`${organisation}/${username}`, password, now);
    }
    return hashes;
  }

  #digest({ organisations, users }: Wishes): string {
    const all = [
      ...organisations.map(({ code, password }) => [code, password]),
      ...users.map(({ organisation, username, password }) => [organisation, username, password]),
    ];
    return createHmac("sha256", this.#o.key).update(JSON.stringify(all)).digest("base64url");
  }
}

/** Thrown to undo what was done for the sake of being told. */
class Undone extends Error {
  steps: Step[] = [];
}

function missing(what: string): Problem {
  return new Problem("invalid", `koppla.yaml's provision speaks of the ${what}, which there is not.`);
}
