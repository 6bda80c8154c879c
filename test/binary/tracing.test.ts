/** Traces, as a collector of OpenTelemetry and a receiver see them. */
import { afterAll, beforeAll, expect, test } from "bun:test";

import { eventually } from "./eventually.ts";
import { type Koppla, startKoppla } from "./harness.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
  status: { code: number };
}

interface Export {
  resourceSpans: { resource: { attributes: Span["attributes"] }; scopeSpans: { spans: Span[] }[] }[];
}

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const CALLER = "00f067aa0ba902b7";

let koppla: Koppla;
let sink: TestReceiver;
let collector: Bun.Server<undefined>;
const exports: Export[] = [];
const authorizations = new Set<string | null>();

const spans = () =>
  exports.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans: some }) => some)),
  );
const attribute = ({ attributes }: Pick<Span, "attributes">, name: string) => {
  const { stringValue, intValue } = attributes.find(({ key }) => key === name)?.value ?? {};
  return stringValue ?? (intValue === undefined ? undefined : Number(intValue));
};

beforeAll(async () => {
  sink = new TestReceiver();
  collector = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      authorizations.add(request.headers.get("authorization"));
      exports.push(JSON.parse(await request.text()));
      return Response.json({ partialSuccess: {} });
    },
  });
  koppla = await startKoppla({
    config: {
      tracing: {
        otlp_url: `http://127.0.0.1:${collector.port}/v1/traces`,
        headers: { authorization: "Bearer for-the-collector" },
        sample_percent: 0,
      },
    },
    env: { OTEL_BSP_SCHEDULE_DELAY: "50" },
  });
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
  await collector.stop(true);
});

test("a push, its bundle and what is sent to the receiver are one trace, which the caller began", async () => {
  const { demo } = koppla;
  await createReceiver(demo, sink.url("/traced"), { bundle: { quiet: "300ms", longest: "5s", size: 100 } });
  const traced = (trace: string) => ({ traceparent: `00-${trace}-${CALLER}-01` });
  await demo.put("/api/v1/trainings/1", { name: "one" }, traced(TRACE));
  await demo.put("/api/v1/trainings/2", { name: "two" }, traced(OTHER));
  const { headers } = await sink.nth(1, "/traced");
  expect(headers["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));

  const attempt = await eventually("the attempt is told of", async () =>
    spans().find((one) => one.name === "POST" && one.traceId === TRACE),
  );
  const request = await eventually("the push is told of", async () =>
    spans().find((one) => one.name.startsWith("PUT ") && one.traceId === TRACE),
  );
  const bundle = await eventually("the bundle is told of", async () =>
    spans().find((one) => one.name === "bundle" && one.traceId === TRACE),
  );
  expect(request).toMatchObject({ name: "PUT /api/v1/:type/:id", parentSpanId: CALLER });
  expect(attribute(request, "url.path")).toBe("/api/v1/trainings/1");
  expect(attribute(request, "http.response.status_code")).toBe(201);
  expect(bundle.parentSpanId).toBe(request.spanId);
  expect(bundle.links?.map(({ traceId }) => traceId)).toEqual([OTHER]);
  expect(attempt.parentSpanId).toBe(bundle.spanId);
  expect(headers["traceparent"]).toContain(attempt.spanId);
  expect(attribute(attempt, "messaging.message.id")).toBe(headers["webhook-id"]);
  expect(attribute(attempt, "http.response.status_code")).toBe(204);
  expect([...authorizations]).toEqual(["Bearer for-the-collector"]);
  const resource = exports[0]?.resourceSpans[0]?.resource;
  expect(resource && attribute(resource, "service.name")).toBe("koppla");
});

test("with sample_percent 0 nothing is recorded of a request that comes without a trace", async () => {
  const { demo } = koppla;
  await createReceiver(demo, sink.url("/untraced"), {});
  await put(demo, "trainings/77", { name: "untraced" });
  await sink.nth(1, "/untraced");
  // A later push that is traced comes after it: had there been a span of the first, it would be there by then.
  await demo.put(
    "/api/v1/trainings/78",
    { name: "traced" },
    { traceparent: `00-${"b".repeat(32)}-${CALLER}-01` },
  );
  await eventually("the later one is told of", async () =>
    spans().find((one) => one.traceId === "b".repeat(32)),
  );
  expect(spans().filter((one) => attribute(one, "url.path") === "/api/v1/trainings/77")).toEqual([]);
});

test("a token in the query of a URL stands in no span", async () => {
  const trace = "c".repeat(32);
  await fetch(`${koppla.url}/api/v1/trainings?limit=5&pw=s3cret`, {
    headers: { traceparent: `00-${trace}-${CALLER}-01` },
  });
  await eventually("it is told of", async () => spans().find((one) => one.traceId === trace));
  expect(JSON.stringify(exports)).not.toContain("s3cret");
});
