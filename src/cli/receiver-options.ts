/** What `koppla receiver create` takes, as the body that the API takes. */
import { type Command, Option } from "commander";
import { readFile } from "node:fs/promises";

import { isObject } from "../http/json.ts";
import { invalid } from "../problem.ts";
import { repeated } from "./account-options.ts";

export interface ReceiverOptions {
  name: string;
  url: string;
  topic: string[];
  account: string;
  description?: string;
  format?: string;
  payload?: string;
  secret?: string;
  start?: string;
  retry?: string;
  header?: string[];
  metadata?: string[];
  contact?: string;
  filter?: string[];
  ordered?: boolean;
  rate?: string;
  whileDisabled?: string;
  signature?: string;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  disabled?: boolean;
  settings?: string;
}

/** Adds everything that a receiver may be given. */
export function receiverOptions(command: Command): Command {
  const choice = (flags: string, text: string, ...values: string[]) =>
    new Option(flags, text).choices(values);
  return command
    .requiredOption("--name <name>", "what the receiver is for")
    .requiredOption("--url <url>", "where its webhooks are sent")
    .requiredOption(
      "--topic <topic>",
      "what it is sent, such as Trainings.Update, 'Trainings.*' or '*'; may be repeated",
      repeated,
    )
    .requiredOption("--account <client-id>", "the account whose grants decide what it is sent")
    .option("--description <text>", "more about it")
    .addOption(
      choice(
        "--format <format>",
        "bundled changes, an event for each change, or CloudEvents",
        "changes",
        "event",
        "cloudevents",
      ),
    )
    .addOption(choice("--payload <payload>", "whether events carry the record itself", "thin", "full"))
    .option("--secret <secret>", "its signing secret, whsec_...; without it, one is made")
    .addOption(choice("--start <start>", "whether it is sent what there is already", "now", "beginning"))
    .option("--retry <schedule>", "the name of a retry schedule")
    .option("--header <name: value>", "a header that its requests carry; may be repeated", repeated)
    .option("--metadata <name=value>", "what you want to keep with it; may be repeated", repeated)
    .option("--contact <e-mail>", "who is told when it fails for long")
    .option(
      "--filter <field=value>",
      "only records that have this value; repeated for one field, any of them; for several, all",
      repeated,
    )
    .option("--ordered", "one request at a time, in order")
    .option("--rate <requests/window>", "at most so many requests in a window, such as 100/1m")
    .addOption(choice("--while-disabled <fate>", "what becomes of changes while it is off", "keep", "drop"))
    .addOption(
      choice("--signature <kind>", "v1a: an ed25519 signature beside that of the secret", "v1", "v1a"),
    )
    .option("--tls-ca <file>", "PEM of the only authorities that may have signed its certificate")
    .option("--tls-cert <file>", "PEM of the certificate that it is shown")
    .option("--tls-key <file>", "PEM of that certificate's private key")
    .option("--disabled", "nothing is sent to it before it is enabled")
    .option(
      "--settings <file>",
      "JSON with more members as the API takes them (auth, bundle, ...), - for standard input",
    );
}

/** @throws Problem `invalid` for what cannot be read; the rest is for `receivers/input.ts` to say */
export async function receiverBody(options: ReceiverOptions): Promise<Record<string, unknown>> {
  const { name, url, topic: topics, account, rate, settings, disabled } = options;
  const tls = {
    ...(await fileMember("ca", options.tlsCa)),
    ...(await fileMember("cert", options.tlsCert)),
    ...(await fileMember("key", options.tlsKey)),
  };
  return {
    ...(settings !== undefined && (await settingsOf(settings))),
    ...{ name, url, topics, account_id: account },
    ...given("description", options.description),
    ...given("format", options.format),
    ...given("payload", options.payload),
    ...given("secret", options.secret),
    ...given("start", options.start),
    ...given("retry", options.retry),
    ...given(
      "headers",
      options.header && Object.fromEntries(options.header.map((text) => pair("--header", text, ":"))),
    ),
    ...given(
      "metadata",
      options.metadata && Object.fromEntries(options.metadata.map((text) => pair("--metadata", text, "="))),
    ),
    ...given("contact", options.contact),
    ...given("content_filter", options.filter && filterOf(options.filter)),
    ...given("ordered", options.ordered),
    ...given("rate", rate === undefined ? undefined : rateOf(rate)),
    ...given("while_disabled", options.whileDisabled),
    ...given("signature", options.signature),
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(disabled && { enabled: false }),
  };
}

/** The member, where it has a value. */
function given(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}

/** A secret has no place among arguments, which everybody on the machine sees. */
async function settingsOf(file: string): Promise<Record<string, unknown>> {
  const text = file === "-" ? await Bun.stdin.text() : await read("--settings", file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("--settings", "is not JSON");
  }
  if (!isObject(value)) throw invalid("--settings", "must be a JSON object");
  return value;
}

async function fileMember(name: string, file: string | undefined): Promise<Record<string, string>> {
  return file === undefined ? {} : { [name]: await read(`--tls-${name}`, file) };
}

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw invalid(option, `${file} cannot be read (${why})`);
  }
}

function pair(option: string, text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  if (at <= 0) throw invalid(option, `${text} has no name and ${separator} before its value`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Values are JSON where they are that, so that 1 is a number and "1" is text; else text. */
function filterOf(list: readonly string[]): Record<string, unknown[]> {
  const filter: Record<string, unknown[]> = {};
  for (const text of list) {
    const [field, value] = pair("--filter", text, "=");
    (filter[field] ??= []).push(valueOf(value));
  }
  return filter;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function rateOf(text: string): unknown {
  const [, requests, window] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  if (window === undefined) throw invalid("--rate", `${text} is not REQUESTS/WINDOW such as 100/1m`);
  return { requests: Number(requests), window };
}
