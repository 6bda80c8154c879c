import { type Command, Option } from "commander";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Config } from "../config/types.ts";
import { createApp } from "../http/app.ts";
import { documentSource } from "../http/docs.ts";
import { type DocumentFormat, documentText } from "../http/openapi/text.ts";
import { createLogger } from "../log.ts";
import { openServices } from "../services.ts";
import { configOf, configOption } from "./output.ts";

/** `koppla openapi` */
export function register(program: Command): void {
  configOption(program.command("openapi"))
    .description("print the OpenAPI document, without a running server")
    .addOption(new Option("-f, --format <format>", "what to print").choices(["json", "yaml"]).default("json"))
    .action(openapi);
}

async function openapi(options: { config?: string; format: DocumentFormat }): Promise<void> {
  process.stdout.write(await describe(await configOf(options), options.format));
}

/**
 * The document of the routes that a server with this configuration has. Routes are made over services and services
 * over a database: these get an empty one that goes again, so that neither the configured database nor its key file
 * has to be there.
 */
async function describe(config: Config, format: DocumentFormat): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "koppla-openapi-"));
  try {
    const services = await openServices({
      ...config,
      database: { kind: "sqlite", path: join(scratch, "empty.db"), durability: "normal" },
      secrets: { keyFile: join(scratch, "empty.key") },
    });
    try {
      const { publicUrl } = config.server;
      const app = createApp({
        services,
        publicUrl,
        log: createLogger({ level: "error", format: "auto" }),
        stopping: new AbortController().signal,
        nudge: () => {},
      });
      return await documentText(documentSource({ ...services, publicUrl }, app.routes), format);
    } finally {
      await services.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
