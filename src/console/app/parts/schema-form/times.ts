/** Times as `<input type="datetime-local">` has them: without a zone, which is that of the browser. */

/** Empty where it is no time. */
export function localOfIso(iso: string): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return "";
  const shifted = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

/** In UTC; empty where it is none. */
export function isoOfLocal(local: string): string {
  const time = new Date(local).getTime();
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
