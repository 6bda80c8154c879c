/** Closed-loop loads: a connection asks again when it was answered, or all ask at once in bursts. */
import { withConnections } from "./connections.ts";
import { meter } from "./cpu.ts";
import type { BurstJob, ClosedJob, LoadResult } from "./jobs.ts";
import { Histogram } from "./stats.ts";
import { Numbers } from "./template.ts";

/** Ends the measured time: reads the meter and sums up. */
function measured(watch: number[]): (requests: number, times: Histogram, numbers: Numbers) => LoadResult {
  const stop = meter([...watch, process.pid]);
  return (requests, times, numbers) => {
    const { wall, cpu, others } = stop();
    return {
      requests,
      seconds: wall / 1e6,
      p50: times.quantile(0.5),
      p95: times.quantile(0.95),
      p99: times.quantile(0.99),
      cpu: cpu.slice(0, -1),
      own: cpu.at(-1) ?? NaN,
      others,
      nextId: numbers.ids.first + numbers.used,
    };
  };
}

export function runClosed(job: ClosedJob): Promise<LoadResult> {
  return withConnections(job, async (connections, onAnswer) => {
    const numbers = new Numbers(job.ids);
    const drained = Promise.withResolvers<void>();
    let times = new Histogram();
    let stopping = false;
    let busy = connections.length;
    onAnswer((connection) => {
      times.add((performance.now() - connection.sentAt) * 1000);
      if (!stopping) connection.send(numbers);
      else if (--busy === 0) drained.resolve();
    });
    for (const connection of connections) connection.send(numbers);
    await Bun.sleep(job.warmup);
    times = new Histogram();
    const finish = measured(job.watch);
    await Bun.sleep(job.duration);
    const result = finish(times.count, times, numbers);
    stopping = true;
    await drained.promise;
    return { ...result, nextId: job.ids.first + numbers.used };
  });
}

export function runBursts(job: BurstJob): Promise<LoadResult> {
  return withConnections(job, async (connections, onAnswer) => {
    const numbers = new Numbers(job.ids);
    const times = new Histogram();
    const finish = measured(job.watch);
    for (let burst = 0; burst < job.bursts; burst++) {
      const answered = Promise.withResolvers<void>();
      let busy = connections.length;
      onAnswer((connection) => {
        times.add((performance.now() - connection.sentAt) * 1000);
        if (--busy === 0) answered.resolve();
      });
      for (const connection of connections) connection.send(numbers);
      await answered.promise;
    }
    return finish(times.count, times, numbers);
  });
}
