/**
 * Pushes and reads at a steady rate until stdin ends: a process of its own. The first line on stdin is a `SteadyJob`; a
 * line of `Interval` comes back after each interval.
 */
import { Connection } from "../lib/connections.ts";
import type { ClosedJob } from "../lib/jobs.ts";
import { Histogram } from "../lib/stats.ts";
import { type Ids, Numbers, type RequestText } from "../lib/template.ts";

export interface SteadyJob {
  port: number;
  pushes: Paced;
  reads: Paced;
  /** Length of an interval, ms. */
  every: number;
}

export interface Paced {
  request: RequestText;
  ids: Ids;
  /** The only status that counts as success; any other ends the run. */
  status: number;
  connections: number;
  /** Requests a second. */
  rate: number;
}

/** What was answered in an interval. Times in µs, from the request to its answer. */
export interface Answered {
  count: number;
  p50: number;
  p99: number;
  /** How late the next request is, ms: above some hundreds the rate is not kept. */
  behind: number;
}

export interface Interval {
  pushes: Answered;
  reads: Answered;
}

/** Requests that leave on schedule; one that finds no free connection leaves as soon as there is one. */
class Pace {
  readonly #idle: Connection[] = [];
  readonly #numbers: Numbers;
  readonly #step: number;
  #times = new Histogram();
  #due = performance.now();

  private constructor({ ids, rate }: Paced) {
    this.#numbers = new Numbers(ids);
    this.#step = 1_000 / rate;
  }

  static async open(port: number, paced: Paced, onError: (error: Error) => void): Promise<Pace> {
    const pace = new Pace(paced);
    const { request, ids, connections, status } = paced;
    const job: ClosedJob = {
      ...{ kind: "closed", warmup: 0, duration: 0, watch: [] },
      ...{ port, request, ids, connections, status },
    };
    const answered = (connection: Connection) => {
      pace.#times.add((performance.now() - connection.sentAt) * 1_000);
      pace.#idle.push(connection);
      pace.sendDue();
    };
    for (let number = 0; number < connections; number++)
      pace.#idle.push(await Connection.open(job, answered, onError));
    pace.#due = performance.now();
    return pace;
  }

  sendDue(): void {
    const now = performance.now();
    while (this.#due <= now) {
      // In turn: the server closes connections that rest for long.
      const connection = this.#idle.shift();
      if (!connection) return;
      connection.send(this.#numbers);
      this.#due += this.#step;
    }
  }

  /** What was answered since it was asked last. */
  take(): Answered {
    const times = this.#times;
    this.#times = new Histogram();
    return {
      count: times.count,
      p50: times.quantile(0.5),
      p99: times.quantile(0.99),
      behind: Math.max(0, performance.now() - this.#due),
    };
  }
}

const tell = (line: object) => console.log(JSON.stringify(line));

async function run({ port, pushes, reads, every }: SteadyJob): Promise<void> {
  const onError = (error: Error) => {
    tell({ error: error.message });
    process.exit(1);
  };
  const paces = {
    pushes: await Pace.open(port, pushes, onError),
    reads: await Pace.open(port, reads, onError),
  };
  const begun = performance.now();
  for (let told = 0; ;) {
    paces.pushes.sendDue();
    paces.reads.sendDue();
    if (performance.now() >= begun + (told + 1) * every) {
      told++;
      const interval: Interval = { pushes: paces.pushes.take(), reads: paces.reads.take() };
      tell(interval);
    }
    await Bun.sleep(1);
  }
}

for await (const line of console) void run(JSON.parse(line));
process.exit(0);
