/**
 * Traces for OpenTelemetry, sent by OTLP over HTTP. Loaded only where `tracing` is set: its libraries are 40 ms of a
 * start that nobody else has to wait for.
 */
import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type Span as OpenTelemetrySpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { hostname } from "node:os";

import type { Config } from "../config/types.ts";
import { version } from "../version.ts";
import type { TraceContext } from "./context.ts";

export type TracingConfig = NonNullable<Config["tracing"]>;

export type Kind = "server" | "producer" | "client";

export interface SpanOptions {
  kind: Kind;
  parent?: TraceContext | undefined;
  links?: readonly TraceContext[];
  attributes?: Attributes;
  /** Milliseconds since 1970; not given, now. */
  at?: number;
}

export interface Span {
  context: TraceContext;
  /** What it is called, once that is known. */
  rename(name: string): void;
  /** @param error  what went wrong, in words without secrets */
  end(attributes?: Attributes, error?: string): void;
}

/** Spans that wait to be sent; more are dropped, so that a collector that is away costs no memory. */
const QUEUE = 4_096;
const EXPORT_TIMEOUT_MS = 5_000;

const KINDS: Record<Kind, SpanKind> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  client: SpanKind.CLIENT,
};

export class Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;

  constructor({ otlpUrl: url, headers, sample }: TracingConfig) {
    const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: EXPORT_TIMEOUT_MS });
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        "service.name": "koppla",
        "service.version": version,
        "service.instance.id": `${hostname()}-${process.pid}`,
      }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) }),
      spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: QUEUE })],
    });
    this.#tracer = this.#provider.getTracer("koppla", version);
  }

  begin(name: string, { kind, parent, links = [], attributes = {}, at }: SpanOptions): Span {
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, spanContext(parent)) : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(
      name,
      {
        ...{
          kind: KINDS[kind],
          attributes,
          links: links.map((one): Link => ({ context: spanContext(one) })),
        },
        ...(at !== undefined && { startTime: at }),
      },
      context,
    );
    return ours(span);
  }

  /** Sends what waits, for at most the time that a collector may take. */
  async stop(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
  }
}

function ours(span: OpenTelemetrySpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    context: { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
    rename: (name) => void span.updateName(name),
    end: (attributes = {}, error) => {
      span.setAttributes(attributes);
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end();
    },
  };
}

function spanContext({ traceId, spanId, sampled }: TraceContext): SpanContext {
  return {
    ...{ traceId, spanId, isRemote: true },
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  };
}
