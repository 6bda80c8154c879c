/** The document without a running server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Config } from "../../config/types.ts";
import { createLogger } from "../../log.ts";
import { openServices } from "../../services.ts";
import { createApp } from "../app.ts";
import { documentSource } from "../docs.ts";
import { type DocumentFormat, documentText } from "./text.ts";

/**
 * What a server with this configuration answers at `/openapi.json` or `/openapi.yaml`.
 *
 * Routes are made over services and services over a database: these get an empty one that goes again, so that neither
 * the configured database nor its key file has to be there.
 */
export async function describeServer(config: Config, format: DocumentFormat): Promise<string> {
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
