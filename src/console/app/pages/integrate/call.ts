/** The call that somebody puts together: one question to the server, in the ways that there are into it. */

export const WAYS = ["token", "oauth", "public", "password"] as const;
export type Way = (typeof WAYS)[number];

export interface Choice {
  way: Way;
  /** The server's address, without a slash at its end. */
  server: string;
  organisation: string;
  type: string;
  /** What the API calls one of them. */
  object: string;
  /** By field; without those that are empty. */
  filters: Readonly<Record<string, string>>;
  /** Empty: no text is looked for. */
  search: string;
  /** Empty: as the server has it. */
  sort: string;
  rows: number;
  /** What a program shows of each record. */
  fields: readonly string[];
  /** Whether the account has one-time codes. */
  totp: boolean;
}

export interface Call {
  method: "GET" | "POST";
  /** Without a query. */
  url: string;
  /** Of the URL, or of the form where it is sent by POST. */
  parameters: [name: string, value: string][];
  /** Which member of the answer has the records. */
  items: string;
}

/** Secrets stand in none of it: programs read them from their environment. */
export function callOf(choice: Choice): Call {
  const { way, server, organisation, type, filters, search, sort, rows } = choice;
  const isPublic = way === "public" || way === "password";
  const asked = Object.entries(filters).map(([field, value]): [string, string] => [
    `filter[${field}]`,
    value,
  ]);
  const common: [string, string][] = [...asked, ...(sort === "" ? [] : [["sort", sort] as [string, string]])];
  if (!isPublic) {
    return {
      method: "GET",
      url: `${server}/api/v1/${type}`,
      parameters: [...common, ...text("search", search), ["limit", String(rows)]],
      items: "items",
    };
  }
  return {
    method: way === "password" ? "POST" : "GET",
    url: `${server}/api/public/${type}/`,
    parameters: [["org", organisation], ...common, ...text("textSearch", search), ["maxRows", String(rows)]],
    items: type,
  };
}

const text = (name: string, value: string): [string, string][] => (value === "" ? [] : [[name, value]]);

/** The whole address, also of a call that is sent by POST: then without what stands in its body. */
export function urlOf({ method, url, parameters }: Call): string {
  return method === "POST" || parameters.length === 0 ? url : `${url}?${new URLSearchParams(parameters)}`;
}
