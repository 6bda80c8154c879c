import { type Command, Option } from "commander";

import type { DocumentFormat } from "../http/openapi/text.ts";
import { configOf, configOption } from "./output.ts";

/** `koppla openapi` */
export function register(program: Command): void {
  configOption(program.command("openapi"))
    .description("print the OpenAPI document, without a running server")
    .addOption(new Option("-f, --format <format>", "what to print").choices(["json", "yaml"]).default("json"))
    .action(openapi);
}

async function openapi(options: { config?: string; format: DocumentFormat }): Promise<void> {
  // Loaded here, because every command pays for what is loaded at its start.
  const { describeServer } = await import("../http/openapi/offline.ts");
  process.stdout.write(await describeServer(await configOf(options), options.format));
}
