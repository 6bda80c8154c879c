import type { Command } from "commander";

import { reachable } from "../listen-on/address.ts";
import { Problem } from "../problem.ts";
import { configOf, configOption, jsonOption, out, outJson } from "./output.ts";

/** `koppla health`: what a container asks. */
export function register(program: Command): void {
  jsonOption(configOption(program.command("health")))
    .description("ask the running server whether it is ready; exit code 0 or 1")
    .option("--timeout <seconds>", "how long to wait for its answer", "5")
    .action(health);
}

async function health(options: { config?: string; timeout: string; json?: true }): Promise<void> {
  const { server } = await configOf(options);
  const { url: base, ...socket } = reachable(server.listen, server.tls !== null);
  const url = `${base}/readyz`;
  const response = await fetch(url, {
    ...socket,
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
  if (options.json) outJson({ status: "ok", url });
  else out("ok");
}
