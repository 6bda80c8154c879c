/** Grants as they come in: `{resource, actions}` in JSON, `RESOURCE:ACTION[,ACTION]` on the command line. */
import type { StoredGrant } from "../../db/schema.ts";
import { invalid } from "../problem.ts";

const ACTIONS = ["read", "write", "delete", "run", "manage", "*"];
const RESOURCE = /^(\*|[a-z][a-z0-9_-]*(:[a-z0-9_-]+)?)$/;

/** @throws Problem `invalid` naming the grant that is wrong */
export function parseGrants(grants: readonly StoredGrant[]): StoredGrant[] {
  return grants.map(({ resource, actions }, index) => {
    const at = `grants[${index}]`;
    if (!RESOURCE.test(resource))
      throw invalid(`${at}.resource`, "must be a type, a resource such as receivers, or *");
    if (actions.length === 0) throw invalid(`${at}.actions`, "must name at least one action");
    for (const action of actions) {
      if (!ACTIONS.includes(action))
        throw invalid(`${at}.actions`, `${action} is none of ${ACTIONS.join(", ")}`);
    }
    return { resource, actions: [...new Set(actions)] };
  });
}

/** `trainings:read,write` as a grant; the last colon separates, so `action:send-report:run` works. */
export function parseGrantText(text: string): StoredGrant {
  const colon = text.lastIndexOf(":");
  if (colon <= 0) throw invalid("grant", `${text} is not RESOURCE:ACTION[,ACTION]`);
  return {
    resource: text.slice(0, colon),
    actions: text
      .slice(colon + 1)
      .split(",")
      .map((action) => action.trim()),
  };
}
