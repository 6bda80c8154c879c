import { type Command, Option } from "commander";

import { deliveryStatuses, errorClasses, type LogFilter, type ShownDelivery } from "../deliveries/log.ts";
import type { LiveAttempt } from "../deliveries/live.ts";
import { instant, limit, MAX_LIMIT } from "../http/query.ts";
import { invalid } from "../problem.ts";
import { aborted, stopSignal } from "../stop-signal.ts";
import { controlOrFail } from "./control.ts";
import { configOf, configOption, exitCodes, jsonOption, note, out, outJson, paint } from "./output.ts";
import { withServices } from "./services.ts";

interface Options {
  config?: string;
  org: string;
  follow?: true;
  receiver?: string;
  topic?: string;
  status?: (typeof deliveryStatuses)[number];
  error?: (typeof errorClasses)[number];
  since?: string;
  until?: string;
  limit?: string;
  json?: true;
}

const SHOWN = 50;

/** `koppla log` */
export function register(program: Command): void {
  const command = program
    .command("log")
    .description("show the webhook log: what was sent to whom, and what came of it; the newest last")
    .requiredOption("--org <code>", "the organisation's code")
    .option("--follow", "each attempt of the running server, as it ends, until Ctrl-C")
    .option("--receiver <id>", "only of this receiver")
    .option("--topic <topic>", "only of this topic, such as Trainings.Update or Trainings.*")
    .addOption(new Option("--status <status>", "only these").choices(deliveryStatuses))
    .addOption(new Option("--error <class>", "whose last attempt failed so").choices(errorClasses))
    .option("--since <time>", "from then on (ISO 8601)")
    .option("--until <time>", "before then")
    .option("--limit <number>", `how many (default: ${SHOWN})`)
    .addHelpText("after", EXAMPLES);
  jsonOption(configOption(command)).action((options: Options) =>
    options.follow ? follow(options) : list(options),
  );
}

const EXAMPLES = `
With --follow and --json, a line of JSON for each attempt.

Examples:
  $ koppla log --org demo --status failed
  $ koppla log --org demo --receiver 01a20040-3def-7793-a3ea-1adf2051ace0 --since 2026-11-21T08:00:00Z
  $ koppla log --org demo --follow`;

async function list(options: Options): Promise<void> {
  const { receiver, topic, status, error, since, until } = options;
  const filter: LogFilter = {
    ...{ receiver, topic, status, error },
    ...(since !== undefined && { since: parsed("--since", instant, since) }),
    ...(until !== undefined && { until: parsed("--until", instant, until) }),
  };
  const size = options.limit === undefined ? SHOWN : parsed("--limit", limit, options.limit);
  const found = await withServices(options, async ({ organisations, receivers, deliveryLog }) => {
    const { id } = await organisations.byCode(options.org);
    // One that is not there is told, where an empty list would look as if nothing had been sent.
    if (receiver !== undefined) await receivers.get(id, receiver, { deleted: true });
    const next = deliveryLog.pages(id, filter, Math.min(size, MAX_LIMIT));
    const all: ShownDelivery[] = [];
    for (let page = await next(); page.length > 0 && all.length < size; page = await next())
      all.push(...page);
    return all.slice(0, size).reverse();
  });
  if (options.json) return outJson(found);
  for (const delivery of found) out(deliveryLine(delivery));
  if (found.length === 0) note("There is nothing in the log that fits.");
}

async function follow(options: Options): Promise<void> {
  const { receiver, json } = options;
  for (const name of ["topic", "status", "error", "since", "until", "limit"] as const)
    if (options[name] !== undefined) throw invalid(`--${name}`, "has no meaning with --follow");
  const running = await controlOrFail(await configOf(options));
  const organisation = await withServices(options, async ({ organisations, receivers }) => {
    const { id } = await organisations.byCode(options.org);
    if (receiver !== undefined) await receivers.get(id, receiver);
    return id;
  });
  const query = new URLSearchParams({
    organisation: String(organisation),
    ...(receiver !== undefined && { receiver }),
  });
  const stop = stopSignal();
  const answer = await running.ask("GET", `/log?${query}`);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  void aborted(stop).then(() => reader?.cancel());
  let rest = "";
  for (;;) {
    // A server that is killed breaks the stream off, one that stops ends it.
    const { done, value } = (await reader?.read().catch(() => undefined)) ?? { done: true, value: undefined };
    if (done || value === undefined) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines)
      if (line === "") note("following; Ctrl-C ends it");
      else out(json ? line : attemptLine(JSON.parse(line) as LiveAttempt));
  }
  if (stop.aborted) return;
  note("The server has stopped.");
  process.exitCode = exitCodes.failed;
}

const COLOURS: Record<string, "green" | "red" | "yellow"> = {
  ...{ delivered: "green", failed: "red", cancelled: "red", retrying: "yellow" },
};
const WIDTH = Math.max(...deliveryStatuses.map(({ length }) => length));

function deliveryLine({ created_at, id, receiver_id, ...delivery }: ShownDelivery): string {
  const { status, status_code, error, topics, attempts } = delivery;
  const tries = attempts > 1 ? `attempt ${attempts}` : "";
  return line(created_at, status, [why(status_code, error), id, receiver_id, topics.join(" "), tries]);
}

function attemptLine({ at, delivery_id, receiver_id, status, ...attempt }: LiveAttempt): string {
  const { number, duration_ms, status_code, error, detail, topics } = attempt;
  const tries = number > 1 ? `attempt ${number}` : "";
  const result = `${why(status_code, error)}, ${Math.round(duration_ms)} ms`;
  return line(at, status, [result, delivery_id, receiver_id, topics.join(" "), tries, detail ?? ""]);
}

function line(at: string, status: string, rest: string[]): string {
  const colour = COLOURS[status];
  const padded = status.padEnd(WIDTH);
  const shown = colour === undefined ? padded : paint(colour, padded);
  return [paint("dim", at), shown, ...rest.filter((part) => part !== "")].join("  ");
}

function why(statusCode: number | null, error: string | null): string {
  if (statusCode !== null) return String(statusCode);
  return error ?? "-";
}

/** @throws Problem `invalid` */
function parsed<T>(option: string, parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw invalid(option, error instanceof Error ? error.message : "does not fit");
  }
}
