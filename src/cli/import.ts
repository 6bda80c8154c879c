import type { Command } from "commander";

import { shell } from "../audit/entry.ts";
import { columnMap, importQuery } from "../imports/input.ts";
import type { ShownOperation } from "../operations/operation.ts";
import { invalid } from "../problem.ts";
import type { ImportOrder } from "../imports/service.ts";
import { followed, printEnd } from "./operation-followed.ts";
import { importAll } from "./everything.ts";
import { type ReachOptions, reachOptions, Remote, shellPrincipal, whileRun } from "./reach.ts";
import { withServices } from "./services.ts";

interface Options extends ReachOptions {
  type?: string;
  all?: true;
  format?: string;
  mode: string;
  onError: string;
  parent?: string;
  encoding?: string;
  delimiter?: string;
  map?: string[];
  follow: boolean;
}

type TypeOptions = Options & { type: string };

/** `koppla import FILE` */
export function register(program: Command): void {
  reachOptions(program.command("import"))
    .description("bring records in from a file: NDJSON, a JSON list or CSV, plain or packed by gzip or zstd")
    .argument("<file>", "the file; - is standard input")
    .option("--type <type>", "of which type its records are")
    .option("--all", "everything that `koppla export --all` has written, into a new database")
    .option("--format <format>", "ndjson, json or csv (default: by the file's name)")
    .option("--mode <mode>", "upsert, or replace: what is not in the file is removed", "upsert")
    .option("--on-error <what>", "stop at the first row that is wrong, or skip such rows", "stop")
    .option("--parent <id>", "the records are those of one parent, of which one change tells")
    .option("--encoding <name>", "of a CSV file, such as windows-1252 (default: utf-8)")
    .option("--delimiter <character>", "of a CSV file, or tab (default: found out)")
    .option(
      "--map <COLUMN:FIELD>",
      "a column's field; without a field it is passed over; may be repeated",
      (text: string, before: string[] = []) => [...before, text],
    )
    .option("--no-follow", "print the operation and do not wait for its end")
    .action(run);
}

async function run(file: string, { type, all, ...more }: Options): Promise<void> {
  if ((type === undefined) === (all === undefined))
    throw invalid("--type", "or --all must be given, one of them");
  if (type === undefined) return await importAll(file, more);
  await importType(file, { ...more, type });
}

async function importType(file: string, options: TypeOptions): Promise<void> {
  const order = orderOf(file, options);
  const remote = await Remote.of(options);
  if (file !== "-" && !(await Bun.file(file).exists())) throw invalid("FILE", `there is no file ${file}`);
  if (remote) await overHttp(remote, file, options, order);
  else await direct(file, options, order);
}

async function overHttp(
  remote: Remote,
  file: string,
  options: TypeOptions,
  order: ImportOrder,
): Promise<void> {
  const { parent, format, mode, onError, encoding, delimiter, map } = order;
  const query = new URLSearchParams({ format, mode, on_error: onError });
  for (const [name, value] of Object.entries({ parent, encoding, delimiter }))
    if (value !== undefined && value !== null) query.set(name, value === "\t" ? "tab" : value);
  if (Object.keys(map).length > 0) query.set("map", JSON.stringify(map));
  const started = await remote.json<ShownOperation>(
    `/api/v1/${encodeURIComponent(options.type)}/import?${query}`,
    {
      method: "POST",
      body: file === "-" ? Bun.stdin.stream() : Bun.file(file),
      headers: { "content-type": "application/octet-stream" },
    },
  );
  const look = () => remote.json<ShownOperation>(`/api/v1/operations/${started.id}`);
  printEnd(options.follow ? await followed({ look }) : started, options.json ?? !options.follow);
}

async function direct(file: string, options: TypeOptions, order: ImportOrder): Promise<void> {
  await withServices(options, async (services) => {
    const { imports, operations, types } = services;
    const principal = await shellPrincipal(services, options.org);
    const type = types.find(options.type);
    if (!type)
      throw invalid(
        "--type",
        `there is no type ${options.type}; there are ${types.all.map(({ name }) => name).join(", ")}`,
      );
    const body = (file === "-" ? Bun.stdin : Bun.file(file)).stream();
    const bytes = body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
    const { organisation } = principal;
    const started = await imports.start(principal, shell(organisation.id), type, order, bytes);
    if (!options.follow) return printEnd(started, true);
    const look = () => operations.get(organisation.id, started.id, "all");
    printEnd(await whileRun(services, started.id, () => followed({ look })), options.json);
  });
}

/** @throws Problem `invalid` naming an option */
function orderOf(file: string, options: Options): ImportOrder {
  const parse = <T>(option: string, parser: (text: string) => T, text: string): T => {
    try {
      return parser(text);
    } catch (error) {
      throw invalid(option, error instanceof Error ? error.message : "does not fit");
    }
  };
  const { format, mode, onError, parent, encoding, delimiter, map = [] } = options;
  return {
    format: parse("--format", importQuery.format, format ?? formatOfName(file)),
    mode: parse("--mode", importQuery.mode, mode),
    onError: parse("--on-error", importQuery.on_error, onError),
    parent,
    encoding: encoding === undefined ? null : parse("--encoding", importQuery.encoding, encoding),
    delimiter: delimiter === undefined ? null : parse("--delimiter", importQuery.delimiter, delimiter),
    map: Object.assign({}, ...map.map((text) => parse("--map", columnMap, text))) as Record<string, string>,
  };
}

/** By what stands before the ending of the packing: `trainings.csv.gz`. */
function formatOfName(file: string): string {
  const ending = /\.(ndjson|jsonl|json|csv)(?:\.(?:gz|zst))?$/i.exec(file)?.[1]?.toLowerCase();
  if (ending === undefined) throw invalid("--format", "must say what the file is: ndjson, json or csv");
  return ending === "jsonl" ? "ndjson" : ending;
}
