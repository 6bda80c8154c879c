/** What the benchmark asks its load generator to do, and what comes back: lines of JSON over stdin and stdout. */
import type { Ids, RequestText } from "./template.ts";

interface Load {
  port: number;
  request: RequestText;
  ids: Ids;
  connections: number;
  /** The only status that counts as success; any other ends the job with an error. */
  status: number;
  /** Processes whose CPU time is read over the measured time. */
  watch: number[];
}

/** Every connection sends its next request when the last is answered. */
export interface ClosedJob extends Load {
  kind: "closed";
  /** Time before measuring begins, in ms: connections open, code gets compiled, caches fill. */
  warmup: number;
  /** Measured time in ms. */
  duration: number;
}

/** All connections send at once, then wait until all are answered, `bursts` times. */
export interface BurstJob extends Load {
  kind: "burst";
  bursts: number;
}

/** Requests leave on a fixed schedule whatever comes back; the webhooks that they cause arrive at `listen`'s port. */
export interface OpenJob extends Load {
  kind: "open";
  /** Requests per second. */
  rate: number;
  warmup: number;
  duration: number;
}

/** Opens the port at which webhooks are received. */
export interface ListenJob {
  kind: "listen";
}

export type Job = ClosedJob | BurstJob | OpenJob | ListenJob;

export interface LoadResult {
  /** Requests answered in the measured time. */
  requests: number;
  seconds: number;
  /** From request to answer, in µs. */
  p50: number;
  p95: number;
  p99: number;
  /** CPU time of each watched process in µs. */
  cpu: number[];
  /** CPU time of the generator itself in µs. */
  own: number;
  /** Share of the machine that neither the watched processes nor the generator used. */
  others: number;
  /** The first id that was not used. */
  nextId: number;
}

/** Times in µs over the records that were pushed in the measured time. */
export interface OpenResult extends LoadResult {
  /** From the answer 201 to the webhook's arrival; 0 where the webhook was first. */
  accepted: { p50: number; p99: number };
  /** From when the request was due to leave to the webhook's arrival: nothing that queued is left out. */
  due: { p50: number; p99: number };
  /** Records whose webhook never came. */
  missing: number;
  /** Webhook requests that brought the others. */
  messages: number;
}
