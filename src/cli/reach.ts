/**
 * How a command reaches the data: over HTTP (`--url` and a token, from anywhere), or by the configuration (`-c`, on the
 * server's machine). There the operation is written to the database: a server that runs carries it out, and where none
 * does, the command does so itself.
 */
import type { Command } from "commander";

import type { Principal } from "../accounts/principal.ts";
import { loopbackOf } from "../listen-on/address.ts";
import { createLogger } from "../log.ts";
import { OperationRunner } from "../operations/runner.ts";
import { invalid, Problem } from "../problem.ts";
import type { Services } from "../services.ts";
import type { ProblemBody } from "../http/respond.ts";
import { configOption } from "./output.ts";

export interface ReachOptions {
  config?: string;
  org?: string;
  url?: string;
  tokenFile?: string;
  json?: boolean;
}

/** Adds the options of both ways. */
export function reachOptions(command: Command): Command {
  return configOption(command)
    .option("--org <code>", "the organisation's code, on the server's machine")
    .option("--url <URL>", "over HTTP: where the server is, such as https://koppla.example")
    .option("--token-file <file>", "over HTTP: holds an account's token (default: $KOPPLA_TOKEN)")
    .option("--json", "print JSON, for machines");
}

/** A server over HTTP. */
export class Remote {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /** @returns undefined where the options do not name a server @throws Problem `invalid` without a token */
  static async of({ url, tokenFile, org }: ReachOptions): Promise<Remote | undefined> {
    if (url === undefined) {
      if (tokenFile !== undefined) throw invalid("--token-file", "needs --url, where the token is good");
      return undefined;
    }
    if (org !== undefined) throw invalid("--org", "has no meaning with --url: the token says whose it is");
    if (!URL.canParse(url) || !/^https?:/.test(url))
      throw invalid("--url", "must begin with https:// or http://");
    const token = tokenFile === undefined ? process.env["KOPPLA_TOKEN"] : await Bun.file(tokenFile).text();
    if (!token?.trim()) throw invalid("--token-file", "or $KOPPLA_TOKEN must hold an account's token");
    return new Remote(url, token.trim());
  }

  /** @throws Problem with what the server says */
  async ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
    const answer = await fetch(this.#url + path, { ...init, headers, redirect: "error" });
    if (answer.ok) return answer;
    const body = (await answer.json().catch(() => ({}))) as Partial<ProblemBody>;
    throw new Problem(body.code ?? "internal", body.detail ?? `The server answered ${answer.status}.`, {
      violations: body.violations ?? [],
    });
  }

  async json<T>(path: string, init?: RequestInit & { headers?: Record<string, string> }): Promise<T> {
    return (await (await this.ask(path, init)).json()) as T;
  }
}

/** Who may run the program on the server's data may do everything; it stands in records as the organisation. */
export async function shellPrincipal(services: Services, code: string | undefined): Promise<Principal> {
  if (code === undefined) throw invalid("--org", "must name the organisation, or --url a server");
  const { id, name } = await services.organisations.byCode(code);
  return {
    organisation: { id, code, name },
    subject: { kind: "organisation", id: String(id), code, name },
    grants: [{ resource: "*", actions: ["*"] }],
  };
}

/** A server beside the command takes up what it finds within this time, ms. */
const TAKE_UP_MS = 1_500;

/**
 * Sees to it that an operation is run while `work` waits for it: by a server, or by this process where there is none.
 */
export async function whileRun<R>(services: Services, id: string, work: () => Promise<R>): Promise<R> {
  const { config, store, clock, operations } = services;
  const log = createLogger({ ...config.log, level: "error" });
  const runner = new OperationRunner({ store, clock, operations, log, only: id });
  let started: Promise<void> | undefined;
  const begin = setTimeout(
    () => (started = runner.start()),
    (await isServing(services)) ? 4 * TAKE_UP_MS : 0,
  );
  try {
    return await work();
  } finally {
    clearTimeout(begin);
    await started;
    await runner.stop();
  }
}

/** Whether something listens where the configuration says; with port 0 nobody knows, and there may be. */
async function isServing({ config }: Services): Promise<boolean> {
  const { listen } = config.server;
  if ("port" in listen && listen.port === 0) return true;
  const handler = { data() {} };
  try {
    const socket = await ("unix" in listen
      ? Bun.connect({ unix: listen.unix, socket: handler })
      : Bun.connect({ hostname: loopbackOf(listen), port: listen.port, socket: handler }));
    socket.end();
    return true;
  } catch {
    return false;
  }
}
