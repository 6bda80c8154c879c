/** Who changes accounts and users, and what may be handed out that way: nobody gives what he does not have. */
import { type Author, authorOf, type Origin, shell } from "../audit/entry.ts";
import { exceeding } from "../grants/algebra.ts";
import type { Grant } from "../grants/grant.ts";
import { Forbidden, type Principal } from "./principal.ts";

export interface Editor {
  author: Author;
  /**
   * To be asked with the grants of whatever is made or changed, as they are and as they will be: who changes what is
   * mightier than he (its tokens, its networks) could become it.
   * @throws Forbidden when the grants go beyond the editor's
   */
  mayHandOut(grants: readonly Grant[]): void;
}

/** @param resource  what is changed: `accounts`, `users` */
export function editorOf(principal: Principal, origin: Origin, resource = "accounts"): Editor {
  return {
    author: authorOf(principal, origin),
    mayHandOut: (grants) => {
      const beyond = exceeding(grants, principal.grants);
      if (beyond === undefined) return;
      throw new Forbidden(
        principal,
        resource,
        "manage",
        `It has ${beyond}, which goes beyond your own grants, so it is not yours to hand out or to change.`,
      );
    },
  };
}

/** Whoever may run the program on the server's data may do anything. */
export function shellEditor(organisationId: number): Editor {
  return { author: shell(organisationId), mayHandOut: () => {} };
}
