/**
 * What stands in the body of a webhook that Koppla sends: the formats of a receiver.
 * The body comes from outside, so every member is looked at before it is believed.
 */

/** One change, as far as the format tells it. `id` keeps its JSON type. */
export interface Change {
  /** `update`, `destroy`, `import` in format `changes`; the topic, such as `Trainings.Update`, in the others. */
  what: string;
  object: string;
  id: string | number;
  url: string | null;
}

export interface Contents {
  /** `other`: JSON or text that is none of the formats. */
  format: "changes" | "event" | "cloudevents" | "other";
  changes: Change[];
}

const OTHER: Contents = { format: "other", changes: [] };

/** Reads the body of a webhook. Never throws: what is not understood is `other`. */
export function readContents(body: string): Contents {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return OTHER;
  }
  const events = Array.isArray(value) ? value : [value];
  if (events.length > 0 && events.every(isCloudEvent)) {
    const changes = events.map(readCloudEvent);
    return changes.every((change) => change !== undefined) ? { format: "cloudevents", changes } : OTHER;
  }
  if (!isObject(value)) return OTHER;
  if (Array.isArray(value["changes"])) {
    const changes: Change[] = [];
    for (const item of value["changes"]) {
      const change = isObject(item) ? readChange(item, item["action"], item["id"]) : undefined;
      if (!change) return OTHER;
      changes.push(change);
    }
    return { format: "changes", changes };
  }
  const event = readChange(value, value["topic"], value["object_id"]);
  return event ? { format: "event", changes: [event] } : OTHER;
}

function isCloudEvent(value: unknown): value is Record<string, unknown> {
  return isObject(value) && "specversion" in value;
}

function readCloudEvent({ type, data }: Record<string, unknown>): Change | undefined {
  return isObject(data) ? readChange(data, type, data["object_id"]) : undefined;
}

function readChange(item: Record<string, unknown>, what: unknown, id: unknown): Change | undefined {
  const { object, url } = item;
  if (typeof what !== "string" || typeof object !== "string") return undefined;
  if (typeof id !== "string" && typeof id !== "number") return undefined;
  return { what, object, id, url: typeof url === "string" ? url : null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
