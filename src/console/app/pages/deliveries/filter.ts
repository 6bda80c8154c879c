/** What the log is narrowed by, as it stands in the address and goes to the API. */

/** No filter; the names are those of the API's query, times are of the browser's own zone. */
export const noFilters = {
  receiver: "",
  topic: "",
  status: "",
  error: "",
  status_code: "",
  object: "",
  object_id: "",
  since: "",
  until: "",
} as const;

export type LogFilters = { [Name in keyof typeof noFilters]: string };

/** A time of the input `datetime-local` in UTC; undefined where there is none that can be read. */
export function instantOf(local: string): string | undefined {
  if (local === "") return undefined;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** A moment as the input `datetime-local` has it, in the browser's own zone, to the minute. */
export function localOf(at: number | string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * The parameters of `GET /api/v1/deliveries` and the members of `POST /api/v1/deliveries/resend`. An id without the
 * name of its object, as the palette has it, means nothing to the API: {@link lacksObject}.
 */
export function queryOf(filters: LogFilters): Record<string, string> {
  const { since, until, object, object_id: objectId, status_code: code, ...rest } = filters;
  const given = {
    ...rest,
    since: instantOf(since),
    until: instantOf(until),
    object,
    object_id: object === "" ? "" : objectId,
    // While it is typed it is none yet.
    status_code: /^[1-5]\d\d$/.test(code) ? code : "",
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  );
}

/** Whether it has yet to be said what the id is of. */
export const lacksObject = ({ object, object_id: id }: LogFilters): boolean => object === "" && id !== "";

export const isFiltered = (filters: LogFilters): boolean =>
  Object.values(filters).some((value) => value !== "");
