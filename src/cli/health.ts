import type { Command } from "commander";

import { Problem } from "../problem.ts";
import { configOf, configOption, out } from "./output.ts";

/** `koppla health`: what a container asks. */
export function register(program: Command): void {
  configOption(program.command("health"))
    .description("ask the running server whether it is ready; exit code 0 or 1")
    .option("--timeout <seconds>", "how long to wait for its answer", "5")
    .action(health);
}

async function health(options: { config?: string; timeout: string }): Promise<void> {
  const { server } = await configOf(options);
  const { hostname, port } = server.listen;
  const host = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "[::1]" : hostname;
  const url = `${server.tls ? "https" : "http"}://${host}:${port}/readyz`;
  const response = await fetch(url, {
    signal: AbortSignal.timeout((Number(options.timeout) || 5) * 1000),
    // The certificate is for the public name; this is the machine asking itself.
    tls: { rejectUnauthorized: false },
  }).catch((error: unknown) => {
    throw new Problem(
      "unavailable",
      `no answer from ${url}: ${error instanceof Error ? error.message : error}`,
    );
  });
  if (!response.ok) throw new Problem("unavailable", `${url} answered ${response.status}`);
  out("ok");
}
