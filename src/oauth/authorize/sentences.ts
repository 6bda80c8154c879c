/** Scopes in plain words: what a person is asked to allow. */
import type { GrantTexts } from "./texts/texts.ts";

/** In the order in which they are told: from the harmless to the rest. */
const ACTIONS = ["read", "write", "delete", "run", "manage"] as const;

/**
 * One sentence for each thing that is granted, in the order of the resources' names; everything comes first.
 * @param scopes  `resource:action` each; the last colon separates, so `action:send-report:run` works
 */
export function sentencesOf(scopes: readonly string[], texts: GrantTexts): string[] {
  const byResource = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(":");
    const resource = scope.slice(0, colon);
    const actions = byResource.get(resource) ?? new Set();
    byResource.set(resource, actions.add(scope.slice(colon + 1)));
  }
  const resources = [...byResource].sort(([a], [b]) => (a < b ? -1 : 1));
  return resources.flatMap(([resource, actions]) => about(resource, actions, texts));
}

function about(resource: string, actions: ReadonlySet<string>, texts: GrantTexts): string[] {
  if (resource === "impersonate") return [texts.impersonate];
  const what = named(resource, texts);
  if (actions.has("*")) return [texts.all(what)];
  return ACTIONS.filter((action) => actions.has(action)).map((action) => texts[action](what));
}

function named(resource: string, texts: GrantTexts): string {
  if (resource.startsWith("action:")) return texts.action(resource.slice("action:".length));
  const known: Record<string, string> = texts.resources;
  return (Object.hasOwn(known, resource) ? known[resource] : undefined) ?? texts.type(resource);
}
