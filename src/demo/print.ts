/** What the demo tells: a bundle in a line or a few. */
import type { Change } from "../listen/contents.ts";
import type { Received } from "../listen/listener.ts";
import { describeChange, timeOfDay, type Paint } from "../listen/print.ts";

/** Bundles of up to so many changes are told change by change. */
const SHORT = 5;

const done: Record<string, string> = { update: "updated", destroy: "removed", import: "imported" };
const plurals: Record<string, string> = { country: "countries", university: "universities" };

/** `bundle of 500 changes: 453 universities and 47 countries updated`, or a line per change where it is short. */
export function describeBundle(received: Received, paint: Paint): string[] {
  const { changes } = received.contents;
  const title = changes.length === 1 ? "bundle of 1 change" : `bundle of ${changes.length} changes`;
  const head = [
    paint("dim", timeOfDay(received.at)),
    paint("bold", changes.length > SHORT ? `${title}: ${summarise(changes)}` : title),
    ...(received.attempt > 1 ? [paint("yellow", `repeat ${received.attempt - 1}`)] : []),
    received.verified
      ? paint("green", "signature verified")
      : paint("red", `NOT verified: ${received.reason}`),
  ].join("  ");
  if (changes.length > SHORT) return [head];
  return [head, ...changes.map((change) => `              ${describeChange(change, paint)}`)];
}

/** `453 universities and 47 countries updated, 1 university removed`: the most first. */
export function summarise(changes: readonly Change[]): string {
  const counts = new Map<string, Map<string, number>>();
  for (const { what, object } of changes) {
    const objects = counts.get(what) ?? new Map<string, number>();
    counts.set(what, objects.set(object, (objects.get(object) ?? 0) + 1));
  }
  return [...counts]
    .map(([what, objects]) => {
      const most = [...objects].sort(([, left], [, right]) => right - left);
      return `${most.map(countOf).join(" and ")} ${done[what] ?? what}`;
    })
    .join(", ");
}

function countOf([object, count]: [string, number]): string {
  return `${count} ${count === 1 ? object : (plurals[object] ?? object)}`;
}
