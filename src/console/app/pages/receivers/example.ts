/** What a request to a receiver will look like, made of what was chosen. The server's own are in `src/deliveries`. */
import type { ReceiverOptions } from "./data.ts";
import { membersOf, type ReceiverForm } from "./form.ts";
import { groupsOf, isChosen } from "./topics.ts";

export interface ExampleContext {
  options: ReceiverOptions;
  /** Without a slash at its end. */
  serverUrl: string;
  organisation: string;
  now: Date;
}

export interface ExampleRequest {
  line: string;
  headers: Record<string, string>;
  body: unknown;
}

const IDS: Record<string, string | number> = {
  integer: 345345,
  string: "SE-345",
  uuid: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b",
};
const DELIVERY = "msg_0196e3a07c1e7d2b9f3a5c1d2e4f6a7b";
/** As long as a real one. */
const SIGNATURE = "K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=";
const KEY_SIGNATURE =
  "hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

export function exampleOf(form: ReceiverForm, context: ExampleContext): ExampleRequest {
  const target = URL.canParse(form.url) ? new URL(form.url) : new URL("https://partner.example/hooks");
  const changes = changesOf(form, context);
  const body = bodyOf(form, changes, context);
  return {
    line: `POST ${target.pathname}${target.search} HTTP/1.1`,
    headers: {
      host: target.host,
      "content-type": contentType(body, form.format),
      "user-agent": "koppla",
      "webhook-id": DELIVERY,
      "webhook-timestamp": String(Math.floor(context.now.getTime() / 1_000)),
      "webhook-signature":
        form.signature === "v1a" ? `v1,${SIGNATURE} v1a,${KEY_SIGNATURE}` : `v1,${SIGNATURE}`,
      ...authHeader(form),
      ...membersOf(form.headers),
    },
    body,
  };
}

interface Change {
  topic: string;
  action: string;
  object: string;
  id: string | number;
  url?: string;
}

/** The first two topics that were chosen, else an update of the first that there is. */
function changesOf({ topics }: ReceiverForm, { options, serverUrl }: ExampleContext): Change[] {
  const types = new Map(options.types.map((type) => [type.name, type]));
  const groups = groupsOf(options.topics, new Set(types.keys()));
  const chosen = groups.flatMap((group) => group.topics.filter((topic) => isChosen(topics, group, topic)));
  const shown = (chosen.length > 0 ? chosen : options.topics.map(({ name }) => name)).slice(0, 2);
  return shown.flatMap((name) => {
    const topic = options.topics.find((one) => one.name === name);
    if (!topic) return [];
    const { object, resource } = topic;
    const action = name.slice(name.indexOf(".") + 1).toLowerCase();
    const id = IDS[types.get(resource)?.key ?? "uuid"] ?? "";
    const url = `${serverUrl}/api/v1/${resource}/${id}`;
    return [{ topic: name, action, object, id, ...(action !== "destroy" && { url }) }];
  });
}

function bodyOf(
  { format, payload }: ReceiverForm,
  changes: readonly Change[],
  { serverUrl, organisation, now }: ExampleContext,
): unknown {
  if (format === "changes") return { changes: changes.map(({ topic: _, ...change }) => change) };
  const timestamp = now.toISOString();
  const told = ({ object, id, url, action }: Change) => ({
    ...{ object, object_id: id, ...(url !== undefined && { url }), sequence: 4711 },
    ...(payload === "full" && action !== "destroy" && { data: { id, "…": "…" } }),
  });
  const [first] = changes;
  if (!first) return {};
  if (format === "event") {
    return { id: DELIVERY, topic: first.topic, timestamp, organisation, ...told(first) };
  }
  const events = changes.map((change, index) => ({
    ...{ specversion: "1.0", id: `${DELIVERY}-${index}`, source: `${serverUrl}/${organisation}` },
    ...{ type: change.topic, subject: `${change.object}/${change.id}`, time: timestamp },
    ...{ datacontenttype: "application/json", data: told(change) },
  }));
  return events.length === 1 ? events[0] : events;
}

function contentType(body: unknown, format: ReceiverForm["format"]): string {
  if (format !== "cloudevents") return "application/json";
  return Array.isArray(body) ? "application/cloudevents-batch+json" : "application/cloudevents+json";
}

function authHeader({ protocol, auth }: ReceiverForm): Record<string, string> {
  switch (protocol) {
    case "websub":
      return { "x-hub-signature": `${auth.method}=d1a609fdae8472a29f0c93abea3eb6a0…` };
    case "basic":
      return { authorization: `Basic base64(${auth.username || "…"}:•••)` };
    case "bearer":
      return { authorization: "Bearer •••" };
    case "oauth2":
      return { authorization: "Bearer •••" };
    case "none":
      return {};
  }
}
