import { type Command, InvalidArgumentError, Option } from "commander";

import { systemClock } from "../clock.ts";
import { parseDuration, parseSize } from "../config/kinds.ts";
import { parseSecret } from "../deliveries/signature.ts";
import { type ListenerOptions, startListener } from "../listen/listener.ts";
import { describe, describeTotals, toJsonLine } from "../listen/print.ts";
import { Problem } from "../problem.ts";
import { jsonOption, note, out, paint } from "./output.ts";
import { aborted, stopSignal } from "../stop-signal.ts";

interface Flags {
  port: number;
  host: string;
  secret: string[];
  websubSecret: string[];
  status?: number;
  failFirst?: number;
  delay: number;
  maxBody: number;
  forward?: URL;
  json?: boolean;
}

/** `koppla listen` */
export function register(program: Command): void {
  const command = program
    .command("listen")
    .description("receive webhooks, verify their signatures and print them; for those who build a receiver")
    .option("--port <number>", "port to listen on; 0 is any that is free", wholeNumber(0, 65_535), 8600)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .addOption(
      new Option("--secret <whsec>", "a whsec_ secret that may have signed; repeatable")
        .env("KOPPLA_LISTEN_SECRET")
        .argParser(collectSecrets)
        .default([], "none: not checked"),
    )
    .addOption(
      new Option("--websub-secret <text>", "a secret that may have made x-hub-signature; repeatable")
        .argParser((value: string, before: string[]) => [...before, value])
        .default([], "none: not checked"),
    )
    .option("--forward <url>", "hand what was verified on to your program, and answer as it does", urlOf)
    .option("--status <code>", "answer this instead of 204", wholeNumber(200, 599))
    .addOption(
      new Option("--delay <duration>", "hold every answer back, such as 2s")
        .argParser(durationOf)
        .default(0, "0s"),
    )
    .option(
      "--fail-first <number>",
      "fail so many attempts (with --status, else 500), then answer 204",
      wholeNumber(0),
    )
    .addOption(
      new Option("--max-body <size>", "answer 413 to a longer body")
        .argParser(sizeOf)
        .default(10 * 2 ** 20, "10MB"),
    );
  jsonOption(command)
    .addHelpText(
      "after",
      "\nArguments can be seen by others on this machine: KOPPLA_LISTEN_SECRET in the environment cannot." +
        "\nWith --json standard output has a line for each request; the address and the summary go to standard error.",
    )
    .action(listen);
}

async function listen(flags: Flags, command: Command): Promise<void> {
  try {
    for (const secret of flags.secret) parseSecret(secret);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    command.error(`error: ${error.message}`);
  }
  const stop = stopSignal();
  const listener = await startListener({
    ...answersOf(flags),
    hostname: flags.host,
    port: flags.port,
    secrets: flags.secret,
    websubSecrets: flags.websubSecret,
    delay: flags.delay,
    maxBody: flags.maxBody,
    ...(flags.forward && { forwardTo: flags.forward }),
    clock: systemClock,
    onReceived: (received) => {
      if (flags.json) out(toJsonLine(received));
      else for (const line of describe(received, paint)) out(line);
    },
  });
  const say = flags.json ? note : out;
  const onward = flags.forward ? `, forwarding to ${flags.forward.href}` : "";
  say(`listening on ${listener.url}, ${describeChecks(flags)}${onward}; Ctrl-C ends it`);
  await aborted(stop);
  await listener.stop();
  say(describeTotals(listener.totals));
}

/** What `--status` and `--fail-first` mean together. */
function answersOf({ status, failFirst }: Flags): Pick<ListenerOptions, "status" | "failFirst"> {
  if (failFirst !== undefined) return { status: status ?? 500, failFirst };
  return { status: status ?? 204, failFirst: Infinity };
}

function describeChecks({ secret, websubSecret }: Flags): string {
  const kinds = [
    ...(secret.length > 0 ? ["webhook-signature"] : []),
    ...(websubSecret.length > 0 ? ["x-hub-signature"] : []),
  ];
  return kinds.length > 0 ? `verifying ${kinds.join(" and ")}` : "verifying nothing (no --secret)";
}

/**
 * The environment's value is one or more secrets with spaces between. They are looked at in the action, not here:
 * commander would print a wrong one.
 */
function collectSecrets(value: string, before: string[]): string[] {
  return [...before, ...value.split(/\s+/).filter((secret) => secret !== "")];
}

function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** A URL, or a port of this machine. */
function urlOf(value: string): URL {
  const url = URL.parse(/^\d{1,5}$/.test(value) ? `http://127.0.0.1:${value}/` : value);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError("Expected an http:// or https:// URL, or a port of this machine.");
  }
  return url;
}

function durationOf(value: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new InvalidArgumentError("Expected a duration such as 500ms, 2s or 1m.");
  return ms;
}

function sizeOf(value: string): number {
  const bytes = parseSize(value);
  if (bytes === undefined) throw new InvalidArgumentError("Expected a size such as 64KB or 10MB.");
  return bytes;
}
