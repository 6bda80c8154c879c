/** The trace that a request belongs to, wherever it is being worked on. W3C Trace Context (traceparent), level 1. */
import { AsyncLocalStorage } from "node:async_hooks";

import type { Store } from "../store/store.ts";

/** Where in which trace something is done. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits: what is done here has it as its parent. */
  spanId: string;
  /** Whether it is recorded. */
  sampled: boolean;
}

const current = new AsyncLocalStorage<TraceContext | undefined>();

/** The trace of what is being done; undefined outside of any, and where traces are not wanted. */
export function currentTrace(): TraceContext | undefined {
  return current.getStore();
}

/** Does `work` as part of a trace. */
export function inTrace<R>(context: TraceContext | undefined, work: () => R): R {
  return current.run(context, work);
}

/** Later versions may have more behind; `ff` is none, nor are ids of zeros (3.2.2). */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** @returns undefined for what is none: then a trace begins anew (W3C Trace Context, 4.3) */
export function parseTraceparent(header: string | null): TraceContext | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(header ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "00" && rest !== undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/**
 * Has each write run in the trace of whoever asked for it: several share a transaction, which runs in the context of
 * the first of them.
 * @returns the same store
 */
export function traceWrites(store: Store): Store {
  const write = store.write.bind(store);
  store.write = (fn, ...rest) => {
    const trace = currentTrace();
    return write((tx) => current.run(trace, () => fn(tx)), ...rest);
  };
  return store;
}
