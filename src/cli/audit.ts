import type { Command } from "commander";

import { NOBODY } from "../audit/entry.ts";
import { type AuditFilter, AuditReader, type ShownEvent } from "../audit/list.ts";
import { auditExport, auditFilters } from "../audit/routes.ts";
import { AuditVerifier, type ChainReport, type Known } from "../audit/verify.ts";
import { exportText, type StreamFormat } from "../http/export.ts";
import { limit, MAX_LIMIT } from "../http/query.ts";
import { invalid } from "../problem.ts";
import type { Services } from "../services.ts";
import { configOption, exitCodes, jsonOption, note, out, outJson } from "./output.ts";
import { withServices } from "./services.ts";

interface Options {
  config?: string;
  org?: string;
  json?: boolean;
}

interface FilterOptions extends Options {
  subject?: string;
  action?: string;
  target?: string;
  outcome?: string;
  since?: string;
  until?: string;
}

/** `koppla audit list|export|verify` */
export function register(program: Command): void {
  const audit = program.command("audit").description("the audit log: who did what");

  filterOptions(jsonOption(configOption(audit.command("list"))))
    .description("show the newest events")
    .option("--limit <number>", "how many (default: 50)")
    .action(list);

  filterOptions(configOption(audit.command("export")))
    .description("print every event, newest first, one on a line")
    .option("--format <format>", "ndjson or csv", "ndjson")
    .action(exportAll);

  jsonOption(configOption(audit.command("verify")))
    .description("check that no event was changed, removed or added; ends with 1 where one was")
    .option("--org <code>", "only the log of this organisation; without it, every one")
    .option(
      "--known <SEQUENCE:HASH>",
      "an event's hash that was noted earlier must still be that; needs --org",
    )
    .action(verify);
}

function filterOptions(command: Command): Command {
  return command
    .option(
      "--org <code>",
      "the organisation's code; without it, what belongs to none, such as unknown tokens",
    )
    .option("--subject <name>", "who did it, such as account:acc_0123, user:anna or shell")
    .option("--action <name>", "what was done, such as account.create, or account.* for all of them")
    .option("--target <name>", "to what, such as receiver:0123")
    .option("--outcome <outcome>", "success or denied")
    .option("--since <time>", "from then on (ISO 8601)")
    .option("--until <time>", "before then");
}

async function list(options: FilterOptions & { limit?: string }): Promise<void> {
  const filter = filterOf(options);
  const size = options.limit === undefined ? 50 : parsed("--limit", limit, options.limit);
  const page = await withServices(options, async (services) =>
    new AuditReader(services).list(await organisationOf(services, options.org), { ...filter, limit: size }),
  );
  if (options.json) outJson(page.items);
  else for (const event of page.items) out(lineOf(event));
}

function lineOf(event: ShownEvent): string {
  const who = event.actor === null ? event.subject : `${event.subject} (by ${event.actor})`;
  const outcome = event.outcome === "denied" ? "DENIED" : "";
  const detail = JSON.stringify(event.detail);
  const parts = [
    event.at,
    event.action,
    outcome,
    who ?? "-",
    event.target ?? "",
    event.address ?? "",
    detail,
  ];
  return parts.filter((part) => part !== "" && part !== "{}").join("  ");
}

async function exportAll(options: FilterOptions & { format: string }): Promise<void> {
  const filter = filterOf(options);
  const format = formatOf(options.format);
  await withServices(options, async (services) => {
    const next = new AuditReader(services).pages(
      await organisationOf(services, options.org),
      filter,
      MAX_LIMIT,
    );
    await print(exportText(auditExport, format, next));
  });
}

/** No more than a piece in memory, however slowly it is read; and no further than somebody reads (`| head`). */
async function print(pieces: AsyncIterable<string>): Promise<void> {
  const writer = Bun.stdout.writer();
  try {
    for await (const piece of pieces) {
      writer.write(piece);
      await writer.flush();
    }
    await writer.end();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}

async function verify(options: Options & { known?: string }): Promise<void> {
  const known = options.known === undefined ? undefined : knownOf(options.known);
  if (known && options.org === undefined) throw invalid("--known", "needs --org, whose log it is of");
  const reports = await withServices(options, async (services) => {
    const verifier = new AuditVerifier(services);
    const organisations = await chainsOf(services, options.org);
    const all: (ChainReport & { code: string | null })[] = [];
    for (const { id, code } of organisations) all.push({ ...(await verifier.verify(id, known)), code });
    return all;
  });
  if (options.json) {
    const shown = ({ code, events, anchor, last, broken }: (typeof reports)[number]) => {
      return { organisation: code, events, anchor, last, broken };
    };
    outJson(reports.map(shown));
  } else reports.forEach(tell);
  if (reports.some(({ broken }) => broken)) process.exitCode = exitCodes.failed;
}

function tell({ code, events, last, broken }: ChainReport & { code: string | null }): void {
  const name = code ?? "(no organisation)";
  if (broken) note(`${name}: event ${broken.sequence} is not what was written: ${broken.reason}`);
  else if (events === 0) out(`${name}: no events`);
  else out(`${name}: ${events} events, whole; the last is ${last.sequence}:${last.hash}`);
}

async function chainsOf(
  { organisations }: Services,
  code: string | undefined,
): Promise<{ id: number; code: string | null }[]> {
  if (code !== undefined) return [await organisations.byCode(code)];
  return [{ id: NOBODY, code: null }, ...(await organisations.all())];
}

async function organisationOf({ organisations }: Services, code: string | undefined): Promise<number> {
  return code === undefined ? NOBODY : (await organisations.byCode(code)).id;
}

function filterOf(options: FilterOptions): AuditFilter {
  const { subject, action, target, outcome, since, until } = options;
  return {
    subject,
    action,
    target,
    ...(outcome !== undefined && { outcome: parsed("--outcome", auditFilters.outcome, outcome) }),
    ...(since !== undefined && { since: parsed("--since", auditFilters.since, since) }),
    ...(until !== undefined && { until: parsed("--until", auditFilters.until, until) }),
  };
}

/** What a parser of query parameters makes of an option. @throws Problem `invalid` */
function parsed<T>(option: string, parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw invalid(option, error instanceof Error ? error.message : "does not fit");
  }
}

function formatOf(text: string): StreamFormat {
  if (text === "ndjson") return "application/x-ndjson";
  if (text === "csv") return "text/csv";
  throw invalid("--format", "must be ndjson or csv");
}

function knownOf(text: string): Known {
  const [, sequence, hash] = /^(\d{1,15}):([\w-]{43})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw invalid("--known", "must be SEQUENCE:HASH, as verify prints it");
  }
  return { sequence: Number(sequence), hash };
}
