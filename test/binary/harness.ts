/**
 * Starts the compiled binary as a sysadmin would: a folder, a YAML file, `koppla serve`, the command line for
 * organisations and accounts. Nothing here imports the product: what these tests see is what a partner sees.
 *
 * `KOPPLA_TEST_POSTGRES=postgres://user@host/postgres` runs the same tests on PostgreSQL, a database per server.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { makeDatabase, type TestDatabase } from "./database.ts";
import { LineLog } from "./lines.ts";

export const binary = resolve(process.env["KOPPLA_BINARY"] ?? join(import.meta.dir, "../../dist/koppla"));
export const onPostgres = Boolean(process.env["KOPPLA_TEST_POSTGRES"]);

/** How long a server may take to listen; starts take well under 100 ms, a loaded machine takes longer. */
const START_LIMIT_MS = 20_000;

/** Where the server says it lives; the port it listens on differs, so links must come from the setting. */
export const publicUrl = "https://koppla.example";

/** The types that the tests use: one per kind of key. */
const types = {
  institutes: {
    object: "institute",
    key: "integer",
    schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  },
  trainings: {
    object: "training",
    key: "integer",
    schema: {
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 200 },
        institute_id: { type: "integer" },
        city: { type: "string" },
        price: { type: ["number", "null"] },
      },
      required: ["name"],
    },
    filters: ["institute_id", "city"],
  },
  articles: {
    object: "article",
    key: "string",
    schema: { type: "object", properties: { title: { type: "string" } } },
  },
  cases: {
    object: "case",
    key: "uuid",
    schema: { type: "object", properties: { title: { type: "string" } } },
  },
};

export interface StartOptions {
  /** Merged over the harness's configuration, one level deep. */
  config?: Record<string, Record<string, unknown>>;
  /** More environment for the server. */
  env?: Record<string, string>;
  /** Default true: an organisation `demo` and an account with every grant. */
  organisation?: boolean;
}

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the binary once and waits for its end. `input` becomes its standard input. */
export async function run(
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: Record<string, string> } = {},
): Promise<CliResult> {
  const child = Bun.spawn([binary, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdin: new Blob([options.input ?? ""]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

export interface ApiInit extends Omit<RequestInit, "headers"> {
  headers?: Record<string, string>;
  /** Sent as the body with `content-type: application/json`. */
  json?: unknown;
}

/** What a partner's program holds: a token of one organisation's account, and calls made with it. */
export class Partner {
  constructor(
    private readonly server: Koppla,
    readonly organisation: string,
    readonly token: string,
    readonly clientId: string,
  ) {}

  /** `path` is relative to the server's URL, such as `/api/v1/trainings`. */
  api(path: string, init: ApiInit = {}): Promise<Response> {
    const { json, headers, ...rest } = init;
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    return fetch(this.server.url + path, {
      ...rest,
      ...body,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
  }

  get = (path: string, headers: Record<string, string> = {}) => this.api(path, { headers });
  post = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    this.api(path, { method: "POST", json, headers });
  put = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    this.api(path, { method: "PUT", json, headers });
  patch = (path: string, json: unknown, headers: Record<string, string> = {}) =>
    this.api(path, { method: "PATCH", json, headers });
  delete = (path: string, headers: Record<string, string> = {}) =>
    this.api(path, { method: "DELETE", headers });

  /** GETs and parses a JSON answer; anything but 200 fails the test with what the server said. */
  async read<T>(path: string): Promise<T> {
    const response = await this.api(path);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    const body: T = JSON.parse(await response.text());
    return body;
  }

  /** Sends `json` and answers the parsed body; a status other than `expected` fails the test. */
  async send<T>(method: string, path: string, json: unknown, expected: number): Promise<T> {
    const response = await this.api(path, { method, json });
    if (response.status !== expected)
      throw new Error(`${method} ${path}: ${response.status}, not ${expected}: ${await response.text()}`);
    const body: T = JSON.parse(await response.text());
    return body;
  }
}

/** One server with its folder and database. `await using` or {@link Koppla.dispose} ends and removes all of it. */
export class Koppla {
  url = "";
  log = new LineLog();
  #child: Bun.Subprocess | undefined;
  #main: Partner | undefined;

  constructor(
    readonly dir: string,
    readonly configFile: string,
    private readonly database: TestDatabase,
    private readonly env: Record<string, string>,
  ) {}

  get pid(): number {
    if (!this.#child) throw new Error("the server is not running");
    return this.#child.pid;
  }

  /** Resolves with the exit code when the present process ends. */
  get exited(): Promise<number> {
    if (!this.#child) throw new Error("the server is not running");
    return this.#child.exited;
  }

  /** Starts `koppla serve` and waits until it listens. */
  async start(): Promise<void> {
    this.log = new LineLog();
    const child = Bun.spawn([binary, "serve", "-c", this.configFile], {
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

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number> {
    const child = this.#child;
    if (!child) return 0;
    child.kill("SIGTERM");
    const code = await child.exited;
    this.#child = undefined;
    return code;
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

  /** `koppla ARGS -c FILE`. */
  cli(...args: string[]): Promise<CliResult> {
    return run([...args, "-c", this.configFile], { cwd: this.dir, env: this.env });
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

  async account(code: string, grants: readonly string[] = ["*:*"]): Promise<Partner> {
    const made = await this.cliJson<{ token: string; client_id: string }>(
      "account",
      "create",
      "--org",
      code,
      "--name",
      "Line of business",
      ...grants.flatMap((grant) => ["--grant", grant]),
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

  /** Runs one SQL statement on the server's database, past the server: for states that no request can make. */
  sql(statement: string): Promise<Record<string, unknown>[]> {
    return this.database.sql(statement);
  }

  async dispose(): Promise<void> {
    await this.kill9();
    await this.database.drop();
    await rm(this.dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose] = () => this.dispose();
}

/** A folder with a configuration and a database, nothing started. */
export async function prepareKoppla(options: StartOptions = {}): Promise<Koppla> {
  const dir = await mkdtemp(join(tmpdir(), "koppla-test-"));
  const database = await makeDatabase(dir);
  const config: Record<string, Record<string, unknown>> = {
    server: { listen: "127.0.0.1:0", public_url: publicUrl },
    database: { url: database.url },
    secrets: { key_file: "./data/koppla.key" },
    log: { level: "info", format: "json" },
    types,
    webhooks: {
      bundle: { quiet: "50ms", longest: "1s", size: 500 },
      allow_targets: ["127.0.0.1"],
      retry_schedules: { quick: { steps: ["1s"], then: "fail" } },
    },
  };
  for (const [section, values] of Object.entries(options.config ?? {}))
    config[section] = { ...config[section], ...values };
  const configFile = join(dir, "koppla.yaml");
  // JSON is YAML: nothing is lost and nothing needs quoting.
  await Bun.write(configFile, JSON.stringify(config, null, 2));
  return new Koppla(dir, configFile, database, options.env ?? {});
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
