import type { Command } from "commander";

import { shell } from "../audit/entry.ts";
import { errorLine } from "../imports/routes.ts";
import type { ShownOperation } from "../operations/operation.ts";
import { MAX_LIMIT } from "../http/query.ts";
import type { Page } from "../http/paging.ts";
import type { Services } from "../services.ts";
import { followed, printEnd } from "./operation-followed.ts";
import { out, outJson } from "./output.ts";
import { type ReachOptions, reachOptions, Remote, shellPrincipal } from "./reach.ts";
import { withServices } from "./services.ts";

/** `koppla operation list|show|follow|cancel|errors` */
export function register(program: Command): void {
  const operation = program.command("operation").description("what takes longer than a request");
  const one = (name: string) => reachOptions(operation.command(name)).argument("<id>", "the operation's id");

  reachOptions(operation.command("list"))
    .description("list the newest operations")
    .option("--status <status>", "IN_PROGRESS, SUCCESS or ERROR")
    .option("--kind <kind>", "such as trainings.import")
    .action(list);

  one("show")
    .description("show how an operation stands")
    .action(async (id: string, options: ReachOptions) => outJson(await look(options, id)));

  one("follow")
    .description("show how far an operation has come, until it has ended; ends with 1 where it fails")
    .action(follow);

  one("cancel").description("end an operation before its time; what it has done stays").action(cancel);

  one("errors").description("print what an import has refused, a line of JSON for each").action(errors);
}

async function list(options: ReachOptions & { status?: string; kind?: string }): Promise<void> {
  const { status, kind } = options;
  const remote = await Remote.of(options);
  const query = new URLSearchParams({
    limit: String(MAX_LIMIT),
    ...(status && { status }),
    ...(kind && { kind }),
  });
  const page = remote
    ? await remote.json<Page<ShownOperation>>(`/api/v1/operations?${query}`)
    : await withServices(options, async (services) =>
        services.operations.list(await organisationOf(services, options), "all", {
          ...{ limit: MAX_LIMIT, kind },
          ...(status !== undefined && { status: status as ShownOperation["status"] }),
        }),
      );
  if (options.json) outJson(page.items);
  else for (const item of page.items) out(line(item));
}

function line({ id, kind, status, progress: { done, total }, message }: ShownOperation): string {
  return [id, kind, status, total === null ? String(done) : `${done}/${total}`, message].join("\t");
}

async function look(options: ReachOptions, id: string): Promise<ShownOperation> {
  const remote = await Remote.of(options);
  if (remote) return await remote.json<ShownOperation>(`/api/v1/operations/${encodeURIComponent(id)}`);
  return await withServices(options, async (services) =>
    services.operations.get(await organisationOf(services, options), id, "all"),
  );
}

async function follow(id: string, options: ReachOptions): Promise<void> {
  const remote = await Remote.of(options);
  const ended = remote
    ? await followed({
        look: () => remote.json<ShownOperation>(`/api/v1/operations/${encodeURIComponent(id)}`),
      })
    : await withServices(options, async (services) => {
        const organisationId = await organisationOf(services, options);
        return await followed({ look: () => services.operations.get(organisationId, id, "all") });
      });
  printEnd(ended, options.json);
}

async function cancel(id: string, options: ReachOptions): Promise<void> {
  const remote = await Remote.of(options);
  const cancelled = remote
    ? await remote.json<ShownOperation>(`/api/v1/operations/${encodeURIComponent(id)}/cancel`, {
        method: "POST",
      })
    : await withServices(options, async (services) => {
        const organisationId = await organisationOf(services, options);
        return await services.operations.cancel(shell(organisationId), id, "all");
      });
  if (options.json) outJson(cancelled);
  else out(cancelled.message);
}

async function errors(id: string, options: ReachOptions): Promise<void> {
  const remote = await Remote.of(options);
  if (remote) {
    const answer = await remote.ask(`/api/v1/operations/${encodeURIComponent(id)}/errors`);
    for await (const text of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()))
      process.stdout.write(text);
    return;
  }
  await withServices(options, async (services) => {
    await services.operations.get(await organisationOf(services, options), id, "all");
    const next = services.imports.errors(id);
    for (let page = await next(); page.length > 0; page = await next())
      for (const one of page) out(errorLine(one));
  });
}

async function organisationOf(services: Services, { org }: ReachOptions): Promise<number> {
  return (await shellPrincipal(services, org)).organisation.id;
}
