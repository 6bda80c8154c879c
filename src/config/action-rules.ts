/** What has to hold for actions and schedules, beyond the shape of each. */
import { placeholdersIn, placeholdersOf, TEMPLATE_NAMES } from "../actions/template.ts";
import { CHORES, isChore } from "../schedules/chore-names.ts";
import { CRON_EXPECTED, cronFault, isTimezone } from "../schedules/cron.ts";
import { compileJsonSchema, schemaFaults } from "./json-schema.ts";
import type { Partly } from "./rules.ts";
import { propertiesOf } from "./schema-fields.ts";
import type { RawConfig } from "./schema.ts";
import type { Path, Source } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { ConfigIssue, JsonSchema, JsonValue } from "./types.ts";

type RawAction = Partly<RawConfig["actions"][string]>;
type RawSchedule = Partly<RawConfig["schedules"][string]>;
type Report = (path: Path, message: string, what?: "key" | "value") => void;

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;
const NAME_EXPECTED = "expected a lower-case name (a-z, 0-9, _ and -, a letter first)";
/** What fetch sets, or what would change where the body ends. */
const OWN_HEADERS = new Set(["host", "content-length", "transfer-encoding", "connection", "idempotency-key"]);

/** @param thorough  hold JSON Schemas against their meta-schema too */
export function actionRules(raw: Partly<RawConfig>, thorough: boolean, report: Report): void {
  for (const [name, action = {}] of Object.entries(raw.actions ?? {})) {
    const path = ["actions", name];
    const inside: Report = (at, message, what) => report([...path, ...at], message, what);
    if (!NAME.test(name)) inside([], `found ${JSON.stringify(name)}, ${NAME_EXPECTED}`, "key");
    const schema = action.input as JsonSchema | undefined;
    for (const fault of schema ? schemaFaults(schema, thorough) : []) {
      inside(["input", ...fault.path], fault.message);
    }
    oneRun(action, inside);
  }
}

function oneRun(action: RawAction, report: Report): void {
  const { http, command } = action.run ?? {};
  if (!http) {
    if (command && action.dry_run === "pass") {
      report(["dry_run"], "found pass, expected validate: a command has no header to pass on");
    }
    return;
  }
  const template = (at: Path, names: readonly string[]) => {
    for (const name of names) {
      const fault = nameFault(name, action.input as JsonSchema | undefined);
      if (fault) report(["run", "http", ...at], fault);
    }
  };
  if (http.url !== undefined) template(["url"], placeholdersOf(http.url));
  template(["body"], placeholdersIn(http.body as JsonValue | undefined));
  for (const [header, value = ""] of Object.entries(http.headers ?? {})) {
    const at = ["run", "http", "headers", header];
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(header)) {
      report(at, `found ${JSON.stringify(header)}, expected a header's name`, "key");
    } else if (OWN_HEADERS.has(header.toLowerCase())) {
      report(at, `found ${header}, which Koppla sets itself, expected another header`, "key");
    }
    template(["headers", header], placeholdersOf(value));
  }
  if (http.password !== undefined && http.username === undefined) {
    report(["run", "http", "password"], "found a password alone, expected username with it");
  }
  if (http.username !== undefined && http.token !== undefined) {
    report(["run", "http", "token"], "found a token and username, expected either");
  }
}

/** What is wrong with the name of a placeholder. */
function nameFault(name: string, schema: JsonSchema | undefined): string | undefined {
  const [first = "", field] = name.split(".");
  if (!TEMPLATE_NAMES.some((known) => known === first) || (first !== "input" && field !== undefined)) {
    return `found {{${name}}}, expected one of ${TEMPLATE_NAMES.join(", ")}${didYouMean(first, [...TEMPLATE_NAMES])}`;
  }
  if (field === undefined) return undefined;
  const known = schema ? propertiesOf(schema) : [];
  if (!known || known.includes(field)) return undefined;
  return `found {{${name}}}, expected a property of the action's input${didYouMean(field, known)}`;
}

export function scheduleRules(raw: Partly<RawConfig>, report: Report): void {
  for (const [name, schedule = {}] of Object.entries(raw.schedules ?? {})) {
    const path = ["schedules", name];
    const inside: Report = (at, message, what) => report([...path, ...at], message, what);
    if (!NAME.test(name)) inside([], `found ${JSON.stringify(name)}, ${NAME_EXPECTED}`, "key");
    const { cron, timezone } = schedule;
    const fault = cron === undefined ? undefined : cronFault(cron);
    if (fault !== undefined) inside(["cron"], `found "${cron}" (${fault}), expected ${CRON_EXPECTED}`);
    if (timezone !== undefined && !isTimezone(timezone)) {
      const hint = didYouMean(timezone, Intl.supportedValuesOf("timeZone"));
      inside(["timezone"], `found "${timezone}", expected a time zone such as Europe/Stockholm${hint}`);
    }
    whatRuns(name, schedule, raw, inside);
  }
}

function whatRuns(name: string, schedule: RawSchedule, raw: Partly<RawConfig>, report: Report): void {
  const { action, chore } = schedule;
  if ((action === undefined) === (chore === undefined)) {
    report([], `found ${action === undefined ? "neither" : "both"}, expected either action or chore`);
    return;
  }
  if (isChore(name) && chore !== name) {
    report([], `found the name of a chore, expected chore: ${name}, or another name`, "key");
  }
  if (chore !== undefined) {
    const known = Object.keys(CHORES);
    if (!isChore(chore)) {
      report(["chore"], `found "${chore}", expected one of ${known.join(", ")}${didYouMean(chore, known)}`);
    }
    if (schedule.input !== undefined) report(["input"], "found one, expected none: a chore takes no input");
    if (schedule.organisations?.length) {
      report(["organisations"], "found some, expected none: a chore is the server's own");
    }
    return;
  }
  if (action === undefined) return;
  const actions = raw.actions ?? {};
  const names = Object.keys(actions);
  if (!names.includes(action)) {
    report(["action"], `found "${action}", expected one of the actions${didYouMean(action, names)}`);
    return;
  }
  scheduledInput(schedule.input as JsonValue | undefined, actions[action]?.input as JsonSchema, report);
}

/** What would be refused at every run is refused now. */
function scheduledInput(input: JsonValue | undefined, schema: JsonSchema | undefined, report: Report): void {
  if (!schema) {
    const isNone = input === undefined || input === null || JSON.stringify(input) === "{}";
    if (!isNone) report(["input"], "found one, expected none: the action takes no input");
    return;
  }
  // What is wrong with the schema has been told where it stands.
  if (schemaFaults(schema, false).length > 0) return;
  const validate = compileJsonSchema(schema);
  if (validate(input ?? {})) return;
  for (const { instancePath, message } of validate.errors ?? []) {
    const at = instancePath.split("/").slice(1);
    report(["input", ...(input ? at : [])], `found what the action's input does not allow: it ${message}`);
  }
}

/** What is accepted and will not do what it says: commands where the server runs none. */
export function commandWarnings(raw: RawConfig, source: Source): ConfigIssue[] {
  if (raw.actions_allow_commands) return [];
  return Object.entries(raw.actions)
    .filter(([, { run }]) => run.command !== undefined)
    .map(([name]) => {
      const path = ["actions", name, "run", "command"];
      const message = "is not run: commands are off, as long as actions_allow_commands is not true";
      return source.issue(source.locate(path), path, message);
    });
}
