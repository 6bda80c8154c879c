/** Grants as they are built: a card for each, which becomes what the API takes. Pure functions. */
import type { Action, Grant, Resource, Value } from "./types.ts";

export interface GrantCard {
  /** Of the card, not of the API. */
  key: number;
  resource: string;
  actions: string[];
  /** `all`, `public` or `some`. */
  fields: string;
  some: string[];
  where: { field: string; values: string[] }[];
}

export const EVERYTHING = "*";

let last = 0;

export const newCard = (resource = "", actions: string[] = []): GrantCard => ({
  ...{ key: ++last, resource, actions, fields: "all", some: [], where: [] },
});

export function cardOf({ resource, actions, where = {}, fields = "all" }: Grant): GrantCard {
  return {
    ...newCard(resource, [...actions]),
    fields: Array.isArray(fields) ? "some" : fields,
    some: Array.isArray(fields) ? fields : [],
    where: Object.entries(where).map(([field, values]) => ({ field, values: values.map(String) })),
  };
}

export function grantOf(card: GrantCard, resource: Resource | undefined): Grant {
  const where = card.where.filter(({ field, values }) => field !== "" && values.length > 0);
  const limited = resource?.kind === "type";
  const kinds = new Map(resource?.filters.map(({ field, kind }) => [field, kind]));
  return {
    resource: card.resource,
    // They come from lists of the API's own.
    actions: card.actions as Action[],
    ...(limited &&
      where.length > 0 && {
        where: Object.fromEntries(
          where.map(({ field, values }) => [field, values.map((one) => valueOf(one, kinds.get(field)))]),
        ),
      }),
    ...(limited && card.fields !== "all" && { fields: card.fields === "public" ? "public" : card.some }),
  };
}

/** Text as the value that the field has; what does not fit stays text, and the server says so. */
export function valueOf(text: string, kind: string | undefined): Value {
  if (kind === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** What is wrong with the cards at a glance; keys of `accounts.invalid`. */
export function faultOf(
  cards: readonly GrantCard[],
): "noGrant" | "noResource" | "noAction" | "noField" | undefined {
  if (cards.length === 0) return "noGrant";
  if (cards.some(({ resource }) => resource === "")) return "noResource";
  if (cards.some(({ actions }) => actions.length === 0)) return "noAction";
  if (cards.some(({ fields, some }) => fields === "some" && some.length === 0)) return "noField";
  return undefined;
}
