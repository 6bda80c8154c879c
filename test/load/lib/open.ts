/**
 * Open-loop load: requests leave on schedule whatever comes back, and their webhooks arrive in the same process, so
 * that one clock reads both ends.
 */
import type { Connection } from "./connections.ts";
import { withConnections } from "./connections.ts";
import { meter } from "./cpu.ts";
import type { OpenJob, OpenResult } from "./jobs.ts";
import { Histogram, quantile } from "./stats.ts";
import { Numbers } from "./template.ts";
import { MessageReader } from "./wire.ts";

/** How long after the last request a webhook may still come, in ms. */
const PATIENCE = 15_000;
const OK = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

let onChanges: (ids: number[]) => void = () => {};

/** Listens for webhooks of the format `changes` on a free port. */
export function listen(): number {
  return Bun.listen<MessageReader>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = new MessageReader((bytes, _start, body, end) => {
          const message: { changes: { id: number }[] } = JSON.parse(bytes.toString("utf8", body, end));
          onChanges(message.changes.map((change) => change.id));
          socket.write(OK);
        });
      },
      data: (socket, chunk) => socket.data.push(chunk),
    },
  }).port;
}

/** When each record was due to leave, was answered, and arrived; `performance.now()`, 0 for not yet. */
class Journal {
  readonly due: Float64Array;
  readonly accepted: Float64Array;
  readonly received: Float64Array;
  arrived = 0;
  messages = 0;

  constructor(
    readonly first: number,
    total: number,
  ) {
    this.due = new Float64Array(total);
    this.accepted = new Float64Array(total);
    this.received = new Float64Array(total);
  }

  receive(ids: number[]): void {
    const now = performance.now();
    this.messages++;
    for (const id of ids) {
      const at = id - this.first;
      // Ids of an earlier job may still come; an id that comes again counts once.
      if (at < 0 || at >= this.received.length || this.received[at] !== 0) continue;
      this.received[at] = now;
      this.arrived++;
    }
  }

  /** µs from the times in `start` to arrival, of the records from index `from` that arrived. */
  delays(start: Float64Array, from: number): { p50: number; p99: number } {
    const delays: number[] = [];
    for (let at = from; at < this.received.length; at++) {
      const [begun = 0, received = 0] = [start[at], this.received[at]];
      if (received > 0 && begun > 0) delays.push(Math.max(0, received - begun) * 1000);
    }
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
  }
}

export function runOpen(job: OpenJob): Promise<OpenResult> {
  return withConnections(job, async (connections, onAnswer) => {
    const numbers = new Numbers(job.ids);
    const total = Math.round((job.rate * (job.warmup + job.duration)) / 1000);
    const uncounted = Math.round((job.rate * job.warmup) / 1000);
    const journal = new Journal(job.ids.first, total);
    onChanges = (ids) => journal.receive(ids);
    const times = new Histogram();
    const idle: Connection[] = [...connections];
    const start = performance.now();
    let sent = 0;
    let stop: ReturnType<typeof meter> | undefined;

    const dueAt = (index: number) => start + (index * 1000) / job.rate;
    const sendDue = () => {
      const now = performance.now();
      while (sent < total && dueAt(sent) <= now) {
        // In turn: a server ends a connection on which nothing is said for long.
        const connection = idle.shift();
        if (!connection) return;
        journal.due[sent] = dueAt(sent);
        sent++;
        connection.send(numbers);
      }
    };
    onAnswer((connection) => {
      const now = performance.now();
      const at = connection.id - job.ids.first;
      journal.accepted[at] = now;
      if (at >= uncounted) times.add((now - connection.sentAt) * 1000);
      idle.push(connection);
      // A late request leaves as soon as a connection is free, and keeps the time at which it was due.
      sendDue();
    });

    while (sent < total) {
      sendDue();
      if (!stop && sent >= uncounted) stop = meter([...job.watch, process.pid]);
      await Bun.sleep(1);
    }
    const metered = (stop ?? meter([...job.watch, process.pid]))();
    const deadline = performance.now() + PATIENCE;
    while ((journal.arrived < total || idle.length < connections.length) && performance.now() < deadline)
      await Bun.sleep(5);
    onChanges = () => {};
    return {
      requests: total - uncounted,
      seconds: metered.wall / 1e6,
      p50: times.quantile(0.5),
      p95: times.quantile(0.95),
      p99: times.quantile(0.99),
      cpu: metered.cpu.slice(0, -1),
      own: metered.cpu.at(-1) ?? NaN,
      others: metered.others,
      nextId: job.ids.first + numbers.used,
      accepted: journal.delays(journal.accepted, uncounted),
      due: journal.delays(journal.due, uncounted),
      missing: total - journal.arrived,
      messages: journal.messages,
    };
  });
}
