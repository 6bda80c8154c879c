/** People that koppla.yaml keeps: see `provision/service.ts`. */
import { server } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import type { NewHash } from "../organisations/keeper.ts";
import { differences, type Step } from "../provision/step.ts";
import type { UserWish } from "../provision/wishes.ts";
import type { Reader, Transaction } from "../store/store.ts";
import { emailKey, usernameKey } from "./input.ts";
import { keptUsers, userByName, type UserRow } from "./queries.ts";
import type { UserService } from "./service.ts";
import { noTotp } from "./totp.ts";

export class UserKeeper {
  readonly #users: Pick<UserService, "insert" | "change">;
  readonly #clock: Clock;

  constructor(collaborators: { users: Pick<UserService, "insert" | "change">; clock: Clock }) {
    this.#users = collaborators.users;
    this.#clock = collaborators.clock;
  }

  /** What somebody's password is now, to be held against koppla.yaml's. */
  async password(
    reader: Reader,
    organisationId: number,
    username: string,
  ): Promise<{ hash: string | null; kept: boolean } | undefined> {
    const [row] = await reader.run(userByName, { organisationId, usernameKey: usernameKey(username) });
    return row && { hash: row.passwordHash, kept: row.secretProvisioned };
  }

  async keep(
    tx: Transaction,
    organisationId: number,
    wish: UserWish,
    passwordHash: NewHash,
  ): Promise<{ id: string; step?: Step }> {
    const { organisation, username, email, name, roles, groups, password } = wish;
    const told = { kind: "user", name: `${organisation}/${username}` } as const;
    const by = server(organisationId);
    const key = { organisationId, usernameKey: usernameKey(username) };
    const [row] = await tx.run(userByName, key);
    const wanted = { email, name, roles, groups };
    const mark = { provisioned: true, secretProvisioned: password !== undefined };
    if (!row) {
      const at = this.#clock.now();
      const made: UserRow = {
        ...{ id: Bun.randomUUIDv7(), ...key, username, ...wanted, ...mark },
        ...{ emailKey: emailKey(email), emailVerifiedAt: null, passwordHash: passwordHash ?? null },
        ...{ ...noTotp, language: null, createdAt: at, modifiedAt: at, lastLoginAt: null },
        ...{ disabledAt: null, deletedAt: null },
      };
      await this.#users.insert(tx, by, made, "user.create", { roles, groups, by: "koppla.yaml" });
      return { id: made.id, step: { ...told, action: "create", changes: differences({}, wanted) } };
    }
    const changes = differences({ ...row }, wanted);
    if (row.disabledAt !== null) changes.push({ field: "enabled", from: false, to: true });
    if (passwordHash !== undefined) changes.push({ field: "password" });
    const same = row.provisioned && row.secretProvisioned === mark.secretProvisioned;
    if (same && changes.length === 0) return { id: row.id };
    const columns = {
      ...{ ...wanted, ...mark, disabledAt: null },
      ...(email !== row.email && { emailKey: emailKey(email), emailVerifiedAt: null }),
      ...(passwordHash !== undefined && { passwordHash }),
    };
    const detail = { changed: changes.map(({ field }) => field), by: "koppla.yaml" };
    await this.#users.change(tx, by, row, columns, "user.change", detail);
    return { id: row.id, step: { ...told, action: row.provisioned ? "change" : "keep", changes } };
  }

  /** Those that koppla.yaml keeps no longer are disabled, and anybody's again. */
  async release(tx: Transaction, kept: ReadonlySet<string>): Promise<Step[]> {
    const rows = (await tx.run(keptUsers, {})).filter(({ id }) => !kept.has(id));
    for (const row of rows) {
      const disabledAt = row.disabledAt ?? this.#clock.now();
      const columns = { disabledAt, provisioned: false, secretProvisioned: false };
      await this.#users.change(tx, server(row.organisationId), row, columns, "user.disable", {
        by: "koppla.yaml",
      });
    }
    return rows.map(({ username: name }) => ({ kind: "user", name, action: "disable", changes: [] }));
  }
}
