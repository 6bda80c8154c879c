/** Roles: named sets of grants from the YAML, and those that are always there (`built-in-roles.ts`). */
import type { GrantConfig } from "../config/types.ts";
import { didYouMean } from "../config/suggest.ts";
import type { Grant } from "../grants/grant.ts";
import { invalid } from "../problem.ts";
import { BUILT_IN_ROLES, builtInRoles, SUPERADMINISTRATOR } from "./built-in-roles.ts";

/** A role as it is offered. */
export interface Role {
  name: string;
  /** There without the YAML saying so, and as this program has it. */
  builtIn: boolean;
  grants: readonly Grant[];
}

export class Roles {
  #grants: ReadonlyMap<string, readonly Grant[]> = new Map();
  #ownWords: ReadonlySet<string> = new Set();

  /**
   * @param config  the YAML's; a name that is built in means what the YAML says, but for the superadministrator's
   * @param parse  holds a role's grants to their meaning
   * @param actions  the names of the YAML's actions
   */
  constructor(
    config: Record<string, GrantConfig[]>,
    parse: (grants: GrantConfig[]) => Grant[],
    actions: readonly string[] = [],
  ) {
    this.reload(config, parse, actions);
  }

  /** Others from now on, with the same parameters as the constructor's. */
  reload(
    config: Record<string, GrantConfig[]>,
    parse: (grants: GrantConfig[]) => Grant[],
    actions: readonly string[],
  ): void {
    const builtIn = builtInRoles(actions);
    this.#ownWords = new Set(Object.keys(config).filter((name) => name !== SUPERADMINISTRATOR));
    this.#grants = new Map<string, readonly Grant[]>([
      ...Object.entries(builtIn),
      ...Object.entries(config).map(([name, grants]): [string, Grant[]] => [name, parse(grants)]),
      [SUPERADMINISTRATOR, builtIn.superadministrator],
    ]);
  }

  /** All that there are, the built-in ones first. */
  list(): Role[] {
    return [...this.#grants].map(([name, grants]) => {
      return { name, builtIn: isBuiltIn(name) && !this.#ownWords.has(name), grants };
    });
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

function isBuiltIn(name: string): boolean {
  return (BUILT_IN_ROLES as readonly string[]).includes(name);
}
