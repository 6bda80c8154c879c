/** What of an organisation's overview somebody may see. */
import type { Principal } from "../accounts/principal.ts";
import { allows } from "../grants/grant.ts";
import type { Overview } from "./snapshot.ts";

export interface View {
  receivers: boolean;
  operations: boolean;
  database: boolean;
}

export function viewOf({ grants }: Pick<Principal, "grants">): View {
  return {
    receivers: allows(grants, "receivers", "read"),
    operations: allows(grants, "operations", "read"),
    database: allows(grants, "system", "read"),
  };
}

export function seen(overview: Overview, view: View): Overview {
  return {
    ...overview,
    receivers: view.receivers ? overview.receivers : [],
    operations: view.operations ? overview.operations : [],
    database: view.database ? overview.database : null,
  };
}

/** The text of an overview in each view: made once for all who see the same. */
export class Texts {
  readonly #texts = new WeakMap<Overview, Map<string, string>>();

  of(overview: Overview, view: View): string {
    let texts = this.#texts.get(overview);
    if (!texts) this.#texts.set(overview, (texts = new Map()));
    const key = JSON.stringify(view);
    let text = texts.get(key);
    if (text === undefined) texts.set(key, (text = JSON.stringify(seen(overview, view))));
    return text;
  }
}
