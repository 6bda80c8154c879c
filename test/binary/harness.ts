/**
 * Starts the compiled binary as a sysadmin would: a folder, a YAML file, `koppla serve`, the command line for
 * organisations and accounts. Nothing here imports the product: what these tests see is what a partner sees.
 *
 * `KOPPLA_TEST_POSTGRES=postgres://user@host/postgres` runs the same tests on PostgreSQL, a database per server.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { type ConfigSections, testConfig } from "./config.ts";
import { makeDatabase, type TestDatabase } from "./database.ts";
import { LineLog } from "./lines.ts";
import { Partner } from "./partner.ts";

export const binary = resolve(process.env["KOPPLA_BINARY"] ?? join(import.meta.dir, "../../dist/koppla"));
export const onPostgres = Boolean(process.env["KOPPLA_TEST_POSTGRES"]);

/** The server gives what hangs eight seconds; an end that takes longer than this is not orderly. */
const STOP_LIMIT_MS = 12_000;

/** For tests that start a server many times or wait for one to give up: Bun's default is five seconds. */
export const LONG_TEST_MS = 120_000;

/** After this a command that should have ended is killed, and its exit code is 143. */
const COMMAND_LIMIT_MS = 20_000;

/** How long a server may take to listen; starts take well under 100 ms, a loaded machine takes longer. */
const START_LIMIT_MS = 20_000;

export interface StartOptions {
  /** Merged over the harness's configuration, one level deep. */
  config?: ConfigSections;
  /** More environment for the server. */
  env?: Record<string, string>;
  /** Default true: an organisation `demo` and an account with every grant. */
  organisation?: boolean;
  /** Commands of mounts that only the server sees, for its folder; needs {@link hasMounts}. */
  mounts?: (dir: string) => string;
  /** On PostgreSQL: `none` for a database in which the server makes its tables itself. */
  schema?: "none";
}

/** Whether a server can be given a view of the file system of its own: by root, on Linux. */
export const hasMounts =
  Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "--mount", "true"]).success;

/** What starts a program that alone sees what `script` mounts, under the process id of its own. */
function startWith(script: string): string[] {
  return ["unshare", "--mount", "sh", "-ec", `${script}\nexec "$@"`, "sh"];
}

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the binary once and waits for its end. `input` becomes its standard input. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  return runCommand([binary, ...args], options);
}

interface RunOptions {
  cwd?: string;
  input?: string;
  env?: Record<string, string>;
}

async function runCommand(command: readonly string[], options: RunOptions): Promise<CliResult> {
  const child = Bun.spawn([...command], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdin: new Blob([options.input ?? ""]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: COMMAND_LIMIT_MS,
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** One server with its folder and database. `await using` or {@link Koppla.dispose} ends and removes all of it. */
export class Koppla {
  url = "";
  log = new LineLog();
  #child: Bun.Subprocess | undefined;
  #main: Partner | undefined;
  readonly #twins: Koppla[] = [];

  constructor(
    readonly dir: string,
    readonly configFile: string,
    private readonly database: TestDatabase,
    private readonly env: Record<string, string>,
    /** What the server is started by, with its own command line behind. */
    private readonly starter: readonly string[] = [],
  ) {}

  get pid(): number {
    if (!this.#child) throw new Error("the server is not running");
    return this.#child.pid;
  }

  /** Starts `koppla serve` and waits until it listens. */
  async start(): Promise<void> {
    this.log = new LineLog();
    const child = Bun.spawn([...this.starter, binary, "serve", "-c", this.configFile], {
      cwd: this.dir,
      env: { ...process.env, NO_COLOR: "1", ...this.env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#child = child;
    void this.log.read(child.stderr);
    void this.log.read(child.stdout);
    const ended = child.exited.then((code) => {
      throw new Error(`koppla serve ended with ${code}:\n${this.log.text()}`);
    });
    ended.catch(() => {});
    const line = await Promise.race([
      this.log.waitFor((entry) => entry.json?.["msg"] === "listening", START_LIMIT_MS),
      ended,
    ]);
    this.url = String(line.json?.["url"]);
  }

  /** Asks the server to end, by SIGTERM if nothing else is said, and expects that it ends well. */
  async stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const asked = performance.now();
    child.kill(signal);
    const code = await child.exited;
    this.#child = undefined;
    const ms = performance.now() - asked;
    if (ms > STOP_LIMIT_MS) throw new Error(`koppla serve took ${Math.round(ms)} ms to end on ${signal}`);
    if (code !== 0) throw new Error(`koppla serve ended with ${code} on ${signal}:\n${this.log.text()}`);
  }

  /** SIGKILL: no handler runs, nothing is flushed. */
  async kill9(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill("SIGKILL");
    await child.exited;
    this.#child = undefined;
  }

  /** Starts again after {@link stop} or {@link kill9} (stops first where it still runs). The URL changes. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The files of the folder of the database, by name; of its socket there is nothing to read. */
  dataFiles(): [string, Buffer][] {
    const folder = join(this.dir, "data");
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(folder, name))]);
  }

  /** A command that sees the file system as the server does, see {@link StartOptions.mounts}. */
  inside(...command: string[]): Promise<CliResult> {
    const enter = ["nsenter", "--target", String(this.pid), "--mount", `--wd=${this.dir}`];
    return runCommand([...enter, ...command], { cwd: this.dir, env: this.env });
  }

  /** `koppla ARGS -c FILE`. */
  cli(...args: string[]): Promise<CliResult> {
    const command = [binary, ...args, "-c", this.configFile];
    if (this.starter.length > 0) return this.inside(...command);
    return runCommand(command, { cwd: this.dir, env: this.env });
  }

  async cliJson<T>(...args: string[]): Promise<T> {
    const result = await this.cli(...args, "--json");
    if (result.exitCode !== 0)
      throw new Error(`koppla ${args.join(" ")}: exit ${result.exitCode}\n${result.stdout}${result.stderr}`);
    const value: T = JSON.parse(result.stdout);
    return value;
  }

  /** Makes an organisation and an account in it, by the command line, while the server runs. */
  async partner(code: string, grants: readonly string[] = ["*:*"]): Promise<Partner> {
    await this.cliJson("organisation", "create", "--code", code, "--name", `Organisation ${code}`);
    return this.account(code, grants);
  }

  async account(code: string, grants: readonly string[] = ["*:*"], ...more: string[]): Promise<Partner> {
    const made = await this.cliJson<{ token: string; client_id: string }>(
      "account",
      "create",
      "--org",
      code,
      "--name",
      "Line of business",
      ...grants.flatMap((grant) => ["--grant", grant]),
      ...more,
    );
    return new Partner(this, code, made.token, made.client_id);
  }

  /** The partner of organisation `demo`. */
  get demo(): Partner {
    if (!this.#main) throw new Error("started without an organisation");
    return this.#main;
  }

  async makeDemo(): Promise<void> {
    this.#main = await this.partner("demo");
  }

  /** A second server on the same database, with the same files; it ends with its own `stop` or with the test. */
  async startTwin(): Promise<Koppla> {
    const twin = new Koppla(this.dir, this.configFile, this.database, this.env);
    this.#twins.push(twin);
    await twin.start();
    return twin;
  }

  async dispose(): Promise<void> {
    await this.kill9();
    for (const twin of this.#twins) await twin.kill9();
    await this.database.drop();
    await rm(this.dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose] = () => this.dispose();
}

/** A folder with a configuration and a database, nothing started. */
export async function prepareKoppla(options: StartOptions = {}): Promise<Koppla> {
  const dir = await mkdtemp(join(tmpdir(), "koppla-test-"));
  const database = await makeDatabase(options.schema);
  const config = testConfig(database.url, options.config);
  const configFile = join(dir, "koppla.yaml");
  // JSON is YAML: nothing is lost and nothing needs quoting.
  await Bun.write(configFile, JSON.stringify(config, null, 2));
  const starter = options.mounts ? startWith(options.mounts(dir)) : [];
  return new Koppla(dir, configFile, database, options.env ?? {}, starter);
}

/** A running server with an organisation `demo`; see {@link Koppla.demo}. */
export async function startKoppla(options: StartOptions = {}): Promise<Koppla> {
  const koppla = await prepareKoppla(options);
  try {
    await koppla.start();
    if (options.organisation !== false) await koppla.makeDemo();
  } catch (error) {
    await koppla.dispose();
    throw error;
  }
  return koppla;
}
