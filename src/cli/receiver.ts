import { type Command, Option } from "commander";

import { shell } from "../audit/entry.ts";
import { configOption, jsonOption, note, out, outJson } from "./output.ts";
import { withServices } from "./services.ts";

interface CreateOptions {
  config?: string;
  org: string;
  name: string;
  url: string;
  topic: string[];
  account: string;
  format?: string;
  secret?: string;
  start?: string;
  json?: boolean;
}

interface ListOptions {
  config?: string;
  org: string;
  deleted?: boolean;
  json?: boolean;
}

/** As many receivers at once as the API gives in a page. */
const PAGE = 500;

/** `koppla receiver create|list` */
export function register(program: Command): void {
  const receiver = program.command("receiver").description("where webhooks go");

  jsonOption(configOption(receiver.command("create")))
    .description("make a receiver; its signing secret is shown this once")
    .requiredOption("--org <code>", "the organisation's code")
    .requiredOption("--name <name>", "what the receiver is for")
    .requiredOption("--url <url>", "where its webhooks are sent")
    .requiredOption(
      "--topic <topic>",
      "what it is sent, such as Trainings.Update, 'Trainings.*' or '*'; may be repeated",
      (text: string, all: string[] = []) => [...all, text],
    )
    .requiredOption("--account <client-id>", "the account whose grants decide what it is sent")
    .addOption(
      new Option("--format <format>", "bundled changes, or an event for each change").choices([
        "changes",
        "event",
      ]),
    )
    .option("--secret <secret>", "its signing secret, whsec_...; without it, one is made")
    .addOption(
      new Option("--start <start>", "whether it is sent what there is already").choices(["now", "beginning"]),
    )
    .action(create);

  jsonOption(configOption(receiver.command("list")))
    .description("list an organisation's receivers")
    .requiredOption("--org <code>", "the organisation's code")
    .option("--deleted", "those that were removed, too")
    .action(list);
}

async function create(options: CreateOptions): Promise<void> {
  const { org, name, url, topic: topics, account, format, secret, start } = options;
  const body = {
    ...{ name, url, topics, account_id: account },
    ...(format !== undefined && { format }),
    ...(secret !== undefined && { secret }),
    ...(start !== undefined && { start }),
  };
  const made = await withServices(options, async ({ organisations, receivers }) => {
    const organisation = await organisations.byCode(org);
    return await receivers.create(shell(organisation.id), body);
  });
  if (options.json) {
    outJson(made);
    return;
  }
  out(`id      ${made.id}\nsecret  ${made.secret}`);
  note("The secret is shown this once; it is stored encrypted.");
}

async function list(options: ListOptions): Promise<void> {
  const items = await withServices(options, async ({ organisations, receivers }) => {
    const organisation = await organisations.byCode(options.org);
    const all = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await receivers.list(organisation.id, {
        limit: PAGE,
        deleted: options.deleted === true,
        ...(cursor !== undefined && { cursor }),
      });
      all.push(...page.items);
      cursor = page.next_cursor;
    }
    return all;
  });
  if (options.json) {
    outJson(items);
    return;
  }
  for (const { id, name, url, enabled, deleted_at } of items) {
    out([id, deleted_at !== undefined ? "removed" : enabled ? "enabled" : "disabled", url, name].join("\t"));
  }
}
