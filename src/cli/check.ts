import type { Command } from "commander";
import { existsSync } from "node:fs";

import { ConfigError, formatIssue } from "../config/errors.ts";
import { loadMasterKey } from "../config/key-file.ts";
import { configFile, loadConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import { wishesOf } from "../provision/of-config.ts";
import { describeStep, type Step } from "../provision/step.ts";
import { configOption, exitCodes, jsonOption, note, out, outJson, paint } from "./output.ts";

interface Options {
  config?: string;
  json?: true;
  diff?: true;
}

/** `koppla check` */
export function register(program: Command): void {
  const command = program.command("check").description("check the configuration, and change nothing");
  jsonOption(configOption(command))
    .option("--diff", "show what a start would change of what `provision` keeps; the database is only read")
    .action(check);
}

async function check(options: Options): Promise<void> {
  const file = configFile(options.config, process.env);
  try {
    const config = await loadConfig(file, process.env, { thorough: true });
    if (existsSync(config.secrets.keyFile)) await loadMasterKey(config.secrets.keyFile, { create: false });
    wishesOf(config);
    // Loaded only where it is asked for: it brings most of the program with it.
    const steps = options.diff ? await (await import("../provision/preview.ts")).preview(config) : undefined;
    if (options.json)
      outJson({ ok: true, errors: [], warnings: config.warnings, ...(steps && { changes: steps }) });
    else {
      tell(file, config);
      if (steps) tellSteps(steps);
    }
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

const signs = {
  create: ["green", "+"],
  keep: ["cyan", "="],
  change: ["yellow", "~"],
  disable: ["red", "-"],
} as const;

function tellSteps(steps: readonly Step[]): void {
  if (steps.length === 0) out("   a start changes nothing of what is provisioned");
  for (const step of steps) {
    const [colour, sign] = signs[step.action];
    out(`${paint(colour, sign)} ${describeStep(step)}`);
  }
}
