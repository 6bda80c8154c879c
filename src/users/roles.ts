/** Roles: named sets of grants from the YAML, and `administrator`, which is always there. */
import type { GrantConfig } from "../config/types.ts";
import { didYouMean } from "../config/suggest.ts";
import type { Grant } from "../grants/grant.ts";
import { invalid } from "../problem.ts";

export class Roles {
  readonly #grants: ReadonlyMap<string, readonly Grant[]>;

  /** @param parse  holds a role's grants to their meaning */
  constructor(config: Record<string, GrantConfig[]>, parse: (grants: GrantConfig[]) => Grant[]) {
    this.#grants = new Map(Object.entries(config).map(([name, grants]) => [name, parse(grants)]));
  }

  /** The union of the roles' grants. A role that the YAML has no more gives nothing. */
  grantsOf(roles: readonly string[]): Grant[] {
    return roles.flatMap((role) => this.#grants.get(role) ?? []);
  }

  /** @throws Problem `invalid` when there is no such role */
  check(role: string, field: string): string {
    if (this.#grants.has(role)) return role;
    const names = [...this.#grants.keys()];
    throw invalid(field, `there is no role ${role}; there are ${names.join(", ")}${didYouMean(role, names)}`);
  }
}
