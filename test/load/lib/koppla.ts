/** Koppla under test: the compiled binary on a folder of its own, driven from outside as a sysadmin would. */
import { mkdirSync, writeFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { Daemon, freePort, type Process, removeFolder, run, temporaryFolder } from "./processes.ts";
import { Subject } from "./subjects.ts";

export const binary = resolve(process.env["KOPPLA_BINARY"] ?? join(import.meta.dir, "../../../dist/koppla"));

/** How long a start may take before it counts as failed, in ms. */
const START_LIMIT = 30_000;

export const TYPE = "items";
export const OBJECT = "item";
export const TOPIC = "Items.Update";
export const ORGANISATION = "load";

const itemSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 200 },
    quantity: { type: "integer" },
    city: { type: "string" },
  },
  required: ["name"],
};

const ITEMS = { [TYPE]: { object: OBJECT, key: "integer", schema: itemSchema, filters: [] } };

interface Account {
  client_id: string;
  token: string;
}

export class Koppla {
  readonly folder = temporaryFolder("koppla");
  readonly port = freePort();
  readonly config = join(this.folder, "koppla.yaml");
  readonly database = join(this.folder, "data/koppla.db");
  #daemon: Daemon | undefined;
  #begun = 0;
  /** The ms from spawning the server to its first 200 at /readyz. */
  readyAfter = 0;
  #account: Account | undefined;

  private constructor(types: Record<string, object> = ITEMS) {
    mkdirSync(join(this.folder, "data"), { mode: 0o700 });
    // JSON is YAML.
    const config = {
      server: { listen: `127.0.0.1:${this.port}`, public_url: `http://127.0.0.1:${this.port}` },
      database: { url: "sqlite:./data/koppla.db" },
      secrets: { key_file: "./data/koppla.key" },
      webhooks: { allow_targets: ["127.0.0.1"] },
      types,
    };
    writeFileSync(this.config, JSON.stringify(config, null, 2));
  }

  /** A configuration in a new folder and nothing else: no database, no key. */
  static bare(): Koppla {
    return new Koppla();
  }

  /** With an organisation and an account that may do everything; not started. */
  static async prepare(types?: Record<string, object>): Promise<Koppla> {
    const koppla = new Koppla(types);
    const cli = (...args: string[]) => run([binary, ...args, "-c", koppla.config, "--json"]);
    await cli("organisation", "create", "--code", ORGANISATION, "--name", "Load");
    koppla.#account = JSON.parse(
      await cli("account", "create", "--org", ORGANISATION, "--name", "Load", "--grant", "*:*"),
    );
    return koppla;
  }

  static async start(env?: Record<string, string>, types?: Record<string, object>): Promise<Koppla> {
    const koppla = await Koppla.prepare(types);
    await koppla.start(env);
    return koppla;
  }

  get pid(): number {
    if (!this.#daemon) throw new Error("the server is not running");
    return this.#daemon.pid;
  }

  get account(): Account {
    if (!this.#account) throw new Error("there is no account");
    return this.#account;
  }

  /** Starts the server and waits until it is ready; returns the ms from spawning it to its first 200 at /healthz. */
  async start(env: Record<string, string> = {}): Promise<number> {
    const begun = performance.now();
    const log = join(this.folder, "server.log");
    const daemon = new Daemon([binary, "serve", "-c", this.config], log, { cwd: this.folder, env });
    this.#daemon = daemon;
    this.#begun = begun;
    for (;;) {
      const elapsed = await this.#answered("/healthz");
      if (elapsed !== undefined) {
        this.readyAfter = await this.#ready();
        return elapsed;
      }
      if (daemon.ended || performance.now() - begun > START_LIMIT)
        throw new Error(`koppla serve did not start:\n${readFileSync(log, "utf8").slice(-4000)}`);
      // More often would slow down the start that is measured.
      await Bun.sleep(2);
    }
  }

  async #ready(): Promise<number> {
    for (;;) {
      const elapsed = await this.#answered("/readyz");
      if (elapsed !== undefined) return elapsed;
      if (performance.now() - this.#begun > START_LIMIT) throw new Error("koppla serve did not become ready");
      await Bun.sleep(2);
    }
  }

  async #answered(path: string): Promise<number | undefined> {
    const status = await statusOf(this.port, path);
    return status === 200 ? performance.now() - this.#begun : undefined;
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** Stops the server and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    removeFolder(this.folder);
  }

  /** This server as something to put under load. */
  subject(generator: Process): Subject {
    return new Subject(generator, this, this.port, { authorization: `Bearer ${this.account.token}` });
  }

  /** A request of the management API. Throws for any other status than `status`. */
  async api<T>(method: string, path: string, status: number, json?: unknown): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.account.token}`, "content-type": "application/json" },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Makes a receiver of all changes of the type. */
  receiver(
    name: string,
    url: string,
    bundle: { quiet: string; longest: string; size: number },
  ): Promise<{ id: string }> {
    return this.api("POST", "/api/v1/receivers", 201, {
      name,
      url,
      topics: [TOPIC],
      account_id: this.account.client_id,
      bundle,
    });
  }
}

/** The status of a path, 0 while nothing listens. A bare socket, because a failing `fetch` takes a while. */
function statusOf(port: number, path: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) =>
        void socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`),
      data(socket, bytes) {
        resolve(Number(bytes.toString("latin1", 9, 12)));
        socket.end();
      },
      close: () => resolve(0),
      error: () => resolve(0),
    },
  }).catch(() => resolve(0));
  return promise;
}
