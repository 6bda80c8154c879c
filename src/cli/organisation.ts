import type { Command } from "commander";

import { configOption, jsonOption, out, outJson } from "./output.ts";
import { withServices } from "./services.ts";

interface CreateOptions {
  config?: string;
  code: string;
  name: string;
  json?: boolean;
}

/** `koppla organisation create|list` */
export function register(program: Command): void {
  const organisation = program.command("organisation").description("the tenants of this server");

  jsonOption(configOption(organisation.command("create")))
    .description("make an organisation")
    .requiredOption("--code <code>", "its short name in addresses and log-ins: a-z, 0-9, - and _")
    .requiredOption("--name <name>", "its name for people")
    .action(async (options: CreateOptions) => {
      const made = await withServices(options, ({ organisations }) => organisations.create(options));
      if (options.json) outJson(made);
      else out(`Made the organisation ${made.code} (${made.name}).`);
    });

  jsonOption(configOption(organisation.command("list")))
    .description("list the organisations")
    .action(async (options: { config?: string; json?: boolean }) => {
      const all = await withServices(options, ({ organisations }) => organisations.all());
      if (options.json) outJson(all);
      else for (const { code, name } of all) out(`${code}\t${name}`);
    });
}
