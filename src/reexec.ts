/**
 * Starting anew with another environment, in the same process: two things Bun reads from it once, before our code runs.
 *
 * How many requests `fetch` has under way at most (256 unless told; it queues the rest in silence, so that 256
 * receivers that hang would hold up all others), and which authorities it trusts beside the usual ones (given to each
 * request, they would cost 100 µs every time). Nothing is imported here: the first start, which is thrown away, is to
 * cost as little as can be (`node:fs` takes 2 ms).
 */
const LIMIT = "BUN_CONFIG_MAX_HTTP_REQUESTS";
const AUTHORITIES = "NODE_EXTRA_CA_CERTS";

/** Requests that `fetch` has under way at most: those of `webhooks.max_in_flight`, and room for tokens. */
const REQUESTS = 2_048;
/** Bun's own, where nothing is said. */
const REQUESTS_UNSAID = 256;
/** What is left to others than deliveries. */
const RESERVED = 16;
/** Files and connections beside deliveries: the database's, those of partners that ask, the log. */
const OTHER_DESCRIPTORS = 256;

/** Starts anew with room for more requests, unless the environment says how many it has. */
export function raiseRequestLimit(): void {
  if (process.env[LIMIT] === undefined) startAnew({ [LIMIT]: String(REQUESTS) });
}

interface Environment {
  /** What says how many requests `fetch` has under way. */
  limit: string | undefined;
  /** Files that the process may open. */
  descriptors: number;
}

/**
 * How many deliveries may be under way: without `fetch` queueing any, and with a connection for each.
 * @param wanted  `webhooks.max_in_flight`
 * @param environment  for tests: the process's own
 * @returns `cause` says what allows fewer than are wanted
 */
export function requestRoom(
  wanted: number,
  { limit, descriptors }: Environment = { limit: process.env[LIMIT], descriptors: descriptorLimit() },
): { room: number; cause?: string } {
  const said = Number(limit ?? REQUESTS_UNSAID);
  const requests = (said >= 1 && said <= 65_535 ? said : REQUESTS_UNSAID) - RESERVED;
  // Of a small number some are better than none.
  const connections = Math.max(descriptors - OTHER_DESCRIPTORS, Math.floor(descriptors / 4));
  if (wanted <= Math.min(requests, connections)) return { room: wanted };
  return requests <= connections
    ? { room: Math.max(1, requests), cause: `${LIMIT} is ${limit ?? "not set"}` }
    : { room: Math.max(1, connections), cause: `the process may open ${descriptors} files (ulimit -n)` };
}

/** The soft limit, which Bun raises to the hard one at its start. Infinity where it is not known. */
function descriptorLimit(): number {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  try {
    const [, soft = ""] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === "" ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Starts anew trusting the authorities of a file, too, unless it has been done. Those of the environment's own file
 * stay trusted: both are written into one.
 * @param file  PEM, absolute
 * @param folder  where that one file may be written
 * @returns why they are not trusted; nothing when they are
 */
export function trustAuthorities(file: string, folder: string): string | undefined {
  const given = process.env[AUTHORITIES] ?? "";
  const { existsSync, mkdirSync, readFileSync, writeFileSync } = process.getBuiltinModule("node:fs");
  const joined = `${folder}/authorities.pem`;
  if (given === file || given === joined) return undefined;
  let trusted = file;
  // Where it names none, Bun passes over it, too.
  if (given !== "" && existsSync(given)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(joined, `${readFileSync(given, "utf8")}\n${readFileSync(file, "utf8")}`, { mode: 0o600 });
    trusted = joined;
  }
  return startAnew({ [AUTHORITIES]: trusted });
}

/** Does not return, unless it cannot be done: then it says why. */
function startAnew(more: Record<string, string>): string | undefined {
  const { argv, argv0, execArgv, execPath, env } = process;
  // The executable's own path stands in argv[1] only where it is a script.
  const script = Bun.isStandaloneExecutable ? [] : [...execArgv, argv[1] ?? ""];
  try {
    process.execve?.(execPath, [argv0, ...script, ...argv.slice(2)], { ...env, ...more });
    return "this system cannot start a program in its own place";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
