import { type Command, Option } from "commander";

import type { DocumentFormat } from "../http/openapi/text.ts";
import { configOf, configOption } from "./output.ts";

/** `koppla openapi` */
export function register(program: Command): void {
  configOption(program.command("openapi"))
    .description("print the OpenAPI document, without a running server")
    .addOption(new Option("-f, --format <format>", "what to print").choices(["json", "yaml"]).default("json"))
    .option("--public", "the document of the public data API, as at /api/public/openapi.yml")
    .action(openapi);
}

async function openapi(options: {
  config?: string;
  format: DocumentFormat;
  public?: boolean;
}): Promise<void> {
  // Loaded here, because every command pays for what is loaded at its start.
  if (options.public) {
    const [{ publicDocumentText }, { TypeRegistry }] = await Promise.all([
      import("../publicapi/document/text.ts"),
      import("../records/types.ts"),
    ]);
    const { types, publicApi, server } = await configOf(options);
    const source = { types: new TypeRegistry(types).all, publicApi, publicUrl: server.publicUrl };
    process.stdout.write(await publicDocumentText(source, options.format));
    return;
  }
  const { describeServer } = await import("../http/openapi/offline.ts");
  process.stdout.write(await describeServer(await configOf(options), options.format));
}
