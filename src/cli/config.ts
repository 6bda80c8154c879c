import type { Command } from "commander";

import { editorSchema } from "../config/editor-schema.ts";
import { configFile, loadWithOrigins } from "../config/load.ts";
import { referenceYaml } from "../config/reference.ts";
import { shown, shownYaml } from "../config/show.ts";
import { configOption, jsonOption, out, outJson } from "./output.ts";

/** `koppla config show`, `schema`, `reference` */
export function register(program: Command): void {
  const config = program.command("config").description("show the configuration, and what it may hold");

  const show = config
    .command("show")
    .description("print the configuration in effect: defaults and variables filled in, secrets masked");
  jsonOption(configOption(show)).action(async (options: { config?: string; json?: true }) => {
    const loaded = await loadWithOrigins(configFile(options.config, process.env), process.env);
    if (options.json) outJson(shown(loaded.raw));
    else out(shownYaml(loaded).trimEnd());
  });

  jsonOption(
    config
      .command("schema")
      .description("print the JSON Schema of the YAML file, with which editors complete and check it"),
  ).action(() => outJson(editorSchema()));

  config
    .command("reference")
    .description("print every key with what it means and its default")
    .action(() => out(referenceYaml().trimEnd()));
}
