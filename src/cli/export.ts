import type { Command } from "commander";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { shell } from "../audit/entry.ts";
import type { ShownOperation } from "../operations/operation.ts";
import { invalid, Problem } from "../problem.ts";
import { followed, printEnd } from "./operation-followed.ts";
import { exportAll } from "./everything.ts";
import { type ReachOptions, reachOptions, Remote, shellPrincipal, whileRun } from "./reach.ts";
import { withServices } from "./services.ts";

interface Options extends ReachOptions {
  type?: string;
  all?: true;
  format?: string;
  compress?: string;
  filter?: string[];
  field?: string[];
  modifiedSince?: string;
}

type TypeOptions = Options & { type: string };

const many = (text: string, before: string[] = []): string[] => [...before, text];

/** `koppla export FILE` */
export function register(program: Command): void {
  reachOptions(program.command("export"))
    .description("write records to a file: NDJSON or CSV, plain or packed by gzip or zstd")
    .argument("<file>", "the file; - is standard output")
    .option("--type <type>", "of which type")
    .option(
      "--all",
      "everything there is, for `koppla import --all` elsewhere: a backup without the key file",
    )
    .option("--format <format>", "ndjson or csv (default: by the file's name)")
    .option("--compress <how>", "none, gzip or zstd (default: by the file's name)")
    .option("--filter <FIELD=VALUE>", "only records with that value; may be repeated", many)
    .option("--field <field>", "only these fields; may be repeated", many)
    .option("--modified-since <time>", "only what was modified since (ISO 8601)")
    .action(run);
}

async function run(file: string, { type, all, ...more }: Options): Promise<void> {
  if ((type === undefined) === (all === undefined))
    throw invalid("--type", "or --all must be given, one of them");
  if (type === undefined) return await exportAll(file, more);
  await exportType(file, { ...more, type });
}

async function exportType(file: string, options: TypeOptions): Promise<void> {
  const body = bodyOf(file, options);
  const remote = await Remote.of(options);
  const ended = remote ? await overHttp(remote, file, options, body) : await direct(file, options, body);
  // Standard output is the file's.
  if (file !== "-" || ended.status === "ERROR") printEnd(ended, options.json);
}

async function overHttp(
  remote: Remote,
  file: string,
  options: TypeOptions,
  body: object,
): Promise<ShownOperation> {
  const headers = { "content-type": "application/json" };
  const path = `/api/v1/${encodeURIComponent(options.type)}/export`;
  const started = await remote.json<ShownOperation>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
  const ended = await followed({
    look: () => remote.json<ShownOperation>(`/api/v1/operations/${started.id}`),
  });
  if (ended.status === "ERROR") return ended;
  const answer = await remote.ask(`/api/v1/operations/${started.id}/file`);
  if (!answer.body) throw new Problem("internal", "The server sent no file.");
  await save(file, answer.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>);
  return ended;
}

function direct(file: string, options: TypeOptions, body: object): Promise<ShownOperation> {
  return withServices(options, async (services) => {
    const { exports, operations, types } = services;
    const principal = await shellPrincipal(services, options.org);
    const { organisation } = principal;
    const type = types.find(options.type);
    if (!type)
      throw invalid(
        "--type",
        `there is no type ${options.type}; there are ${types.all.map(({ name }) => name).join(", ")}`,
      );
    const started = await exports.start(principal, shell(organisation.id), type, body);
    const look = () => operations.get(organisation.id, started.id, "all");
    const ended = await whileRun(services, started.id, () => followed({ look }));
    if (ended.status === "ERROR") return ended;
    const { bytes } = await exports.file(principal, await operations.row(organisation.id, started.id, "all"));
    await save(file, bytes);
    return ended;
  });
}

/** A file is there whole or not at all. */
async function save(file: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  if (file === "-") {
    await pipeline(Readable.from(bytes, { objectMode: false }), process.stdout);
    return;
  }
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** @throws Problem `invalid` naming an option */
function bodyOf(file: string, { format, compress, filter = [], field, modifiedSince }: Options): object {
  const [, ending, packing] = /\.(ndjson|jsonl|csv)(?:\.(gz|zst))?$/i.exec(file) ?? [];
  const filters = filter.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw invalid("--filter", "must be FIELD=VALUE");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return {
    format: format ?? (ending?.toLowerCase() === "csv" ? "csv" : "ndjson"),
    compress: compress ?? { gz: "gzip", zst: "zstd" }[packing?.toLowerCase() ?? ""] ?? "none",
    ...(filters.length > 0 && { filter: Object.fromEntries(filters) as object }),
    ...(field && { fields: field }),
    ...(modifiedSince !== undefined && { modified_since: modifiedSince }),
  };
}
