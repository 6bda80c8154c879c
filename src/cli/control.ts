/** How commands on the server's machine speak to the server that runs there: see `control/socket.ts`. */
import { existsSync } from "node:fs";

import { type ControlStatus, socketPaths } from "../control/socket.ts";
import type { Config } from "../config/types.ts";
import type { ProblemBody } from "../http/respond.ts";
import { Problem } from "../problem.ts";

/** A server that runs. */
export class Control {
  constructor(
    readonly path: string,
    readonly status: ControlStatus,
  ) {}

  /**
   * Sends it a request.
   * @param path  such as `/reload`
   * @param body  sent as JSON
   * @throws Problem with what the server says
   */
  async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(`http://koppla${path}`, {
      ...{ unix: this.path, method },
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    if (answer.ok) return answer;
    const told = (await answer.json().catch(() => ({}))) as Partial<ProblemBody>;
    throw new Problem(told.code ?? "internal", told.detail ?? `The server answered ${answer.status}.`, {
      violations: told.violations ?? [],
    });
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.ask(method, path, body)).json()) as T;
  }
}

/**
 * The server that runs with this configuration, on this machine; undefined when there is none.
 * @throws Problem `forbidden` where there is one that the caller may not speak to
 */
export async function control(config: Pick<Config, "secrets" | "database">): Promise<Control | undefined> {
  for (const path of socketPaths(config)) {
    if (!existsSync(path)) continue;
    try {
      const signal = AbortSignal.timeout(5_000);
      const answer = await fetch("http://koppla/status", { unix: path, signal });
      return new Control(path, (await answer.json()) as ControlStatus);
    } catch (error) {
      if (isDenied(error))
        throw new Problem("forbidden", `${path} is another user's: run this as the one that koppla runs as.`);
      // One that was killed has left it.
    }
  }
  return undefined;
}

/** @throws Problem `unavailable` where no server runs */
export async function controlOrFail(config: Pick<Config, "secrets" | "database">): Promise<Control> {
  const running = await control(config);
  if (running) return running;
  const [path = ""] = socketPaths(config);
  throw new Problem("unavailable", `No server runs with this configuration: nobody answers at ${path}.`);
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}
