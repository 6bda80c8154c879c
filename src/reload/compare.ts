/** What is different between two configurations, and what of it a running server can take. */
import type { Config, JsonSchema, JsonValue, TypeConfig } from "../config/types.ts";

export interface Differences {
  /** What a reload brings about, such as `log.level`, `types.trainings`, `provision`. */
  taken: string[];
  /** What needs a restart. */
  refused: string[];
}

/** Sections whose keys are the sysadmin's own names. */
const MAPS = ["types", "actions", "schedules", "roles", "channels"] as const;
const NOT_SETTINGS = new Set<string>(["file", "warnings", ...MAPS]);

/** What is read anew each time that it matters, or by a room's `reload`. */
const TAKEN = new Set([
  ...["log.level", "server.tls", "rate_limits.account", "rate_limits.organisation"],
  ...["webhooks.bundle", "webhooks.timeout", "webhooks.disable_after", "webhooks.retry_schedules"],
  ...["webhooks.allow_targets", "provision", "server.limits", "care.reserve", "database.reserve"],
]);

/** Of a type, what a reload does not take; the rest of it as {@link typeFaults} says. */
const FIXED_OF_TYPES = /^types\.[^.[]+\.(object|key|parent|public|dates)\b/;

/** Whether a reload takes a change of a setting, as far as its path tells: `webhooks.bundle.quiet`. */
export function isTaken(path: string): boolean {
  if (/^(types|actions|schedules|roles)\b/.test(path)) return !FIXED_OF_TYPES.test(path);
  return [...TAKEN].some(
    (taken) => path === taken || path.startsWith(`${taken}.`) || path.startsWith(`${taken}[`),
  );
}

export function compare(now: Config, next: Config): Differences {
  const taken: string[] = [];
  const refused: string[] = [];
  const note = (path: string, mayBe: boolean) => (mayBe ? taken : refused).push(path);

  for (const section of Object.keys(next) as (keyof Config)[]) {
    if (NOT_SETTINGS.has(section)) continue;
    for (const path of changedPaths(section, now[section], next[section]))
      note(path, TAKEN.has(path) && !(path === "server.tls" && isSwitch(now, next)));
  }
  for (const name of changedNames(now.types, next.types)) {
    const faults = typeFaults(now.types[name], next.types[name]);
    if (faults.length === 0) note(`types.${name}`, true);
    for (const fault of faults) note(`types.${name}${fault}`, false);
  }
  for (const name of changedNames(now.actions, next.actions)) note(`actions.${name}`, true);
  for (const name of changedNames(now.roles, next.roles)) note(`roles.${name}`, true);
  for (const name of changedNames(now.channels, next.channels)) note(`channels.${name}`, false);
  for (const name of changedNames(now.schedules, next.schedules))
    note(`schedules.${name}`, choreOf(now, name) === choreOf(next, name));
  return { taken, refused };
}

/** With TLS or without: that is how it listens. */
function isSwitch(now: Config, next: Config): boolean {
  return (now.server.tls === null) !== (next.server.tls === null);
}

/** The keys of a section that are different, in the YAML's words; the section where it is all or nothing. */
function changedPaths(section: string, now: unknown, next: unknown): string[] {
  const name = snake(section);
  if (Bun.deepEquals(now, next)) return [];
  if (section === "provision" || !isPlain(now) || !isPlain(next)) return [name];
  const keys = new Set([...Object.keys(now), ...Object.keys(next)]);
  return [...keys]
    .filter((key) => !Bun.deepEquals(now[key], next[key]))
    .map((key) => `${name}.${snake(key)}`);
}

function changedNames<T>(now: Record<string, T>, next: Record<string, T>): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(next)]);
  return [...names].filter((name) => !Bun.deepEquals(now[name], next[name]));
}

/** The chore that a schedule leads: who leads one is told before chores begin. */
function choreOf({ schedules }: Config, name: string): string | undefined {
  const runs = schedules[name]?.runs;
  return runs?.kind === "chore" ? runs.chore : undefined;
}

/** What of a type cannot change while records of it come and go, such as `.key`; "" is the type itself. */
function typeFaults(now: TypeConfig | undefined, next: TypeConfig | undefined): string[] {
  if (!now) return [];
  if (!next) return [" (taken out)"];
  const faults: string[] = [];
  for (const key of ["object", "key", "parent", "public", "dates"] as const)
    if (!Bun.deepEquals(now[key], next[key])) faults.push(`.${key}`);
  for (const key of ["filters", "search"] as const)
    if (!(now[key] ?? []).every((field) => next[key]?.includes(field))) faults.push(`.${key}`);
  if (!isMore(now.schema, next.schema)) faults.push(".schema");
  return faults;
}

/** Whether every record that fits `now` fits `next`, too: it has more optional properties, and may require less. */
function isMore(now: JsonSchema, next: JsonSchema): boolean {
  const { properties: had, required: asked, ...rest } = now;
  const { properties: has, required: asks, ...others } = next;
  if (!Bun.deepEquals(rest, others)) return false;
  const all = textsOf(asked);
  if (!textsOf(asks).every((name) => all.includes(name))) return false;
  const [before, after] = [membersOf(had), membersOf(has)];
  return Object.entries(before).every(([name, schema]) => Bun.deepEquals(schema, after[name]));
}

function textsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function membersOf(value: JsonValue | undefined): Record<string, unknown> {
  return isPlain(value) ? value : {};
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
