/** Whole delivery pipelines over one database, on a clock that tests move, with a partner that tests play. */
import { eq } from "drizzle-orm";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StoredGrant } from "../../db/schema.ts";
import type { Principal } from "../../src/accounts/principal.ts";
import { shell } from "../../src/audit/entry.ts";
import { type Clock, ManualClock, systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { DeliveryDetail } from "../../src/deliveries/log.ts";
import { stateOf } from "../../src/deliveries/health.ts";
import { type Pipeline, startPipeline } from "../../src/deliveries/pipeline.ts";
import { createLogger } from "../../src/log.ts";
import type { OutgoingRequest, OutgoingResult } from "../../src/outgoing/request.ts";
import { encodeId } from "../../src/records/key.ts";
import type { RecordType } from "../../src/records/types.ts";
import { openServices, type Services } from "../../src/services.ts";
import { makeDatabase } from "./databases.ts";

/** Milliseconds. */
const MOMENT = 10;

/** A request as the partner got it. */
export interface Sent {
  /** Which server sent it. */
  node: string;
  path: string;
  id: string;
  body: string;
  headers: Record<string, string>;
  /** By the test's clock. */
  at: number;
}

export type Answer = (sent: Sent, outgoing: OutgoingRequest) => OutgoingResult | Promise<OutgoingResult>;

export const ok: Answer = () => ({ status: 204, body: "" });
export const broken: Answer = () => ({ status: 500, body: "out of order" });
/** Gives no answer, until it is told to stop. */
export const silent: Answer = (_, { signal }) =>
  new Promise((resolve) => signal?.addEventListener("abort", () => resolve({ body: "", error: "aborted" })));

const NOT_YET: Pipeline = {
  reload: async () => {},
  nudge: () => {},
  stop: async () => {},
  sendNow: () => Promise.reject(new Error("it has yet to start")),
  health: async () => undefined,
  state: () => stateOf([], 0, 0),
  waiting: () => [],
  standings: () => [],
};

/** One server without HTTP. */
export interface Node {
  services: Services;
  pipeline: Pipeline;
  /** How many transactions were asked for since it began to deliver. */
  writes: number;
  /** What goes on that ends by itself: looks into the database, and waits of a moment. */
  work: { busy: number };
  /** What it logged as errors. */
  errors: string[];
  stop(ms?: number): Promise<void>;
  /** From one moment to the next it does nothing any more, and what it had claimed stays claimed. */
  crash(): Promise<void>;
}

export class House {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
  readonly sent: Sent[] = [];
  /** What the partner does. */
  answer: Answer = ok;
  /** How far the servers' clocks are off, ms: a clock that is set back does not make what waits wait longer. */
  skew = 0;
  readonly #nodes = new Set<Node>();
  readonly #folder = mkdtempSync(join(tmpdir(), "koppla-pipeline-"));

  private constructor(
    readonly kind: "sqlite" | "postgres",
    readonly database: Awaited<ReturnType<typeof makeDatabase>>,
  ) {}

  static async make(kind: "sqlite" | "postgres"): Promise<House> {
    const house = new House(kind, await makeDatabase(kind, "normal"));
    const { options } = house.database;
    const url = options.kind === "sqlite" ? `sqlite:${options.path}` : options.url;
    writeFileSync(
      house.#file,
      `database: { url: "${url}", durability: normal }
secrets: { key_file: ./koppla.key }
server: { public_url: "https://koppla.example" }
types:
  trainings: { object: training, key: integer, schema: { type: object }, filters: [institute_id], public: [name] }
  institutes: { object: institute, key: integer, schema: { type: object } }
`,
    );
    return house;
  }

  get #file(): string {
    return join(this.#folder, "koppla.yaml");
  }

  /** Starts a server. @param before  what is to be in the database before it delivers anything */
  async open(name = "node", before?: (services: Services) => Promise<void>): Promise<Node> {
    let alive = true;
    const work = { busy: 0 };
    const clock: Clock = {
      now: () => this.clock.now() + this.skew,
      // Waits shorter than any that a test speaks of pass by themselves. (It must not stop the clock that close to
      // something due: that would be waited for again and again.)
      after: (ms, fn) => {
        if (ms > MOMENT) return this.clock.after(ms, () => alive && fn());
        const end = this.#begin(work);
        const cancel = systemClock.after(ms, () => {
          end();
          if (alive) fn();
        });
        return () => {
          end();
          cancel();
        };
      },
    };
    const services = await openServices(await loadConfig(this.#file, {}), clock);
    const node: Node = {
      services,
      writes: 0,
      work,
      errors: [],
      pipeline: NOT_YET,
      stop: async (ms = 0) => {
        this.#nodes.delete(node);
        await node.pipeline.stop(ms);
        await services.close();
      },
      crash: async () => {
        this.#nodes.delete(node);
        alive = false;
        await services.close();
      },
    };
    this.#nodes.add(node);
    const { store } = services;
    const [read, write] = [store.read.bind(store), store.write.bind(store)];
    const counted = <R>(access: Promise<R>): Promise<R> => access.finally(this.#begin(work));
    store.read = (fn) => counted(read(fn));
    store.write = (fn) => {
      node.writes++;
      return counted(write(fn));
    };
    const { presence } = store;
    if (presence) {
      const ask = presence.alive.bind(presence);
      presence.alive = () => counted(ask());
    }
    await before?.(services);
    node.writes = 0;
    const log = createLogger({
      level: "error",
      format: "json",
      write: (line) => alive && node.errors.push(line),
    });
    await services.nodes.start(log);
    node.pipeline = await startPipeline({
      services,
      log,
      publicUrl: "https://koppla.example",
      random: () => 0,
      send: (outgoing) => (alive ? this.#receive(name, outgoing) : new Promise(() => {})),
    });
    await services.nodes.watch();
    return node;
  }

  /** @returns what ends it, once */
  #begin(work: { busy: number }): () => void {
    let going = true;
    work.busy++;
    return () => {
      if (going) work.busy--;
      going = false;
    };
  }

  async #receive(node: string, outgoing: OutgoingRequest): Promise<OutgoingResult> {
    const { headers, body = "", url } = outgoing;
    const id = headers["webhook-id"] ?? "";
    const sent = { node, path: new URL(url).pathname, id, body, headers, at: this.clock.now() };
    this.sent.push(sent);
    return await this.answer(sent, outgoing);
  }

  /** Waits until nothing goes on that would end by itself: what is left waits for the clock or for an answer. */
  async rest(): Promise<void> {
    for (let calm = 0; calm < 10; calm++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const node of this.#nodes) if (node.work.busy > 0) calm = 0;
    }
  }

  /** Lets time pass, and everything happen that it brings about. */
  async pass(ms: number): Promise<void> {
    await this.rest();
    this.clock.advance(ms);
    await this.rest();
  }

  /** Ends what a test left running, and waits for no answer. */
  async close(): Promise<void> {
    await this.rest();
    for (const node of this.#nodes) await node.crash();
    await this.database.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A partner of a house: an organisation with an account that may read everything. */
export class Tenant {
  private constructor(
    readonly services: Services,
    readonly principal: Principal,
  ) {}

  static async make(services: Services, code = "demo"): Promise<Tenant> {
    const { organisations, accounts } = services;
    const organisation = await organisations.create({ code, name: code });
    const grants = [{ resource: "*", actions: ["read", "write", "delete"] }];
    const { token } = await accounts.create({ organisationId: organisation.id, name: "ERP", grants });
    const principal = await accounts.authenticate(token);
    if (!principal) throw new Error("the account cannot log in");
    return new Tenant(services, principal);
  }

  /** The same partner at another server of the house. */
  at({ services }: Pick<Node, "services">): Tenant {
    return new Tenant(services, this.principal);
  }

  /** Another principal at the same server. */
  as(principal: Principal): Tenant {
    return new Tenant(this.services, principal);
  }

  async receiver(more: Record<string, unknown> = {}): Promise<string> {
    const body = { name: "r", url: "https://partner.example/hooks", topics: ["*"], ...more };
    const { receivers } = this.services;
    return (await receivers.create(shell(this.principal.organisation.id), body, this.principal.subject.id))
      .id;
  }

  put(id: number, data: Record<string, unknown>, type = "trainings") {
    return this.services.records.put(this.principal, this.#type(type), encodeId("integer", id), data);
  }

  remove(id: number, type = "trainings") {
    return this.services.records.remove(this.principal, this.#type(type), encodeId("integer", id));
  }

  push(items: Record<string, unknown>[], type = "trainings") {
    return this.services.records.push(this.principal, this.#type(type), items, "stop");
  }

  #type(name: string): RecordType {
    const type = this.services.types.find(name);
    if (!type) throw new Error(`there is no type ${name}`);
    return type;
  }

  /** The log, oldest first. */
  async log(): Promise<DeliveryDetail[]> {
    const { organisation } = this.principal;
    const { items } = await this.services.deliveryLog.list(organisation.id, { limit: 500 });
    const details = items.map(({ id }) => this.services.deliveryLog.get(organisation.id, id));
    return (await Promise.all(details)).reverse();
  }

  async setGrants(grants: StoredGrant[]): Promise<void> {
    const { id } = this.principal.subject;
    await this.services.store.write((tx) =>
      tx.query(({ db, t }) => db.update(t.accounts).set({ grants }).where(eq(t.accounts.id, id))),
    );
  }
}

/** The ids in a body of the format `changes`. */
export function idsOf({ body }: { body: string }): number[] {
  const { changes } = JSON.parse(body) as { changes: { id: number }[] };
  return changes.map(({ id }) => id);
}

/** Waits until something has come about. @throws Error after ten seconds, saying what did not */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`in ten seconds it did not come about that ${what}`);
    await Bun.sleep(1);
  }
}
