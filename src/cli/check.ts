import type { Command } from "commander";
import { existsSync } from "node:fs";

import { ConfigError, formatIssue } from "../config/errors.ts";
import { loadMasterKey } from "../config/key-file.ts";
import { configFile, loadConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import { configOption, exitCodes, jsonOption, note, out, outJson, paint } from "./output.ts";

interface Options {
  config?: string;
  json?: true;
}

/** `koppla check` */
export function register(program: Command): void {
  const command = program.command("check").description("check the configuration, and change nothing");
  jsonOption(configOption(command)).action(check);
}

async function check(options: Options): Promise<void> {
  const file = configFile(options.config, process.env);
  try {
    const config = await loadConfig(file, process.env, { thorough: true });
    if (existsSync(config.secrets.keyFile)) await loadMasterKey(config.secrets.keyFile, { create: false });
    if (options.json) outJson({ ok: true, errors: [], warnings: config.warnings });
    else tell(file, config);
  } catch (error) {
    if (!options.json || !(error instanceof ConfigError)) throw error;
    outJson({ ok: false, errors: error.issues, warnings: [] });
    process.exitCode = exitCodes.badConfiguration;
  }
}

function tell(file: string, config: Config): void {
  for (const warning of config.warnings)
    note(`${paint("yellow", "warning:", process.stderr)} ${formatIssue(warning)}`);
  const names = Object.keys(config.types);
  const database = config.database.kind === "sqlite" ? config.database.path : "PostgreSQL";
  out(`${paint("green", "ok")} ${file}`);
  out(`   types     ${names.length === 0 ? "none" : names.join(", ")}`);
  out(`   database  ${database}`);
  out(`   address   ${config.server.publicUrl}`);
}
