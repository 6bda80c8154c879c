/** `/api/v1/changes` and `/api/v1/changes/stream`. */
import { OWN_OBJECTS } from "../../changes/topics.ts";
import { problems } from "./problems.ts";
import { oneOf, type Resource, type Vocabulary } from "./resource.ts";
import { jsonAnswer, object, type Parameter, ref, type Schema, time } from "./spec.ts";

const since = (otherwise: string): Parameter => ({
  name: "since",
  in: "query",
  description: `\`beginning\`, \`now\`, a sequence, or the \`next_cursor\` of an earlier answer. Without it, ${otherwise}.`,
  schema: { type: "string", pattern: "^(beginning|now|\\d{1,15})$" },
  example: "beginning",
});

export const actions = ["create", "update", "destroy", "import", "disable", "finish"];

/** What all forms of a change have in common. */
export function changeMembers({
  objects,
  topics,
}: Vocabulary): Record<"topic" | "object" | "url" | "id", Schema> {
  return {
    topic: oneOf(topics),
    object: oneOf(
      // Where there is no type yet, the examples have one that there may be.
      objects.length === 0 ? [] : [...objects.map(({ object }) => object), ...OWN_OBJECTS],
      "The singular name of its type, or one of the server's own.",
    ),
    id: { type: ["integer", "string"], description: "In the JSON type that the records' ids have." },
    url: { type: "string", format: "uri", description: "Where to fetch it; what was removed has none." },
  };
}

/** A change to show, of the first type that there is. */
export function sampleChange({ objects, publicUrl }: Vocabulary) {
  const { object, id, path } = objects[0] ?? {
    object: "training",
    id: 345345,
    path: "/api/v1/trainings/345345",
  };
  return { action: "update", object, id, url: publicUrl + path };
}

export function changes(vocabulary: Vocabulary): Resource {
  const { topic, object: kind, id, url } = changeMembers(vocabulary);
  const { topics } = vocabulary;
  const example = {
    sequence: 4711,
    topic: topics[0] ?? "Trainings.Update",
    ...sampleChange(vocabulary),
    at: "2026-11-21T19:05:00.000Z",
  };
  const wanted: Parameter = {
    name: "topics",
    in: "query",
    description:
      "Those only: topics separated by commas; `Trainings.*` matches several, `*` those of all types.",
    schema: { type: "string", default: "*" },
    example: topics[0] ?? "*",
  };
  return {
    tag: {
      name: "Changes",
      description:
        "The feed of changes, for partners that webhooks cannot reach: one item per object, holding its latest change.",
    },
    schemas: {
      Change: {
        ...object(
          {
            sequence: { type: "integer", description: "Grows with every change of the organisation." },
            topic,
            action: { type: "string", enum: actions },
            object: kind,
            id,
            url,
            at: time,
            actor: { type: "string", description: "Who acted in somebody's name." },
          },
          ["url", "actor"],
        ),
        description: "The latest change of an object.",
      },
      ChangePage: object({
        items: { type: "array", items: ref("Change") },
        next_cursor: {
          type: "string",
          description: "Goes into `since` next time, also when there are no items.",
        },
      }),
    },
    operations: {
      getChanges: {
        parameters: [
          since("from the beginning"),
          wanted,
          {
            name: "wait",
            in: "query",
            description: "Seconds to wait for a change where there is none.",
            schema: { type: "integer", minimum: 0, maximum: 60, default: 0 },
          },
          ref("Limit", "parameters"),
        ],
        responses: {
          "200": jsonAnswer("Changes, oldest first.", ref("ChangePage"), {
            items: [example],
            next_cursor: "4711",
          }),
          ...problems("forbidden", "invalid"),
        },
      },
      streamChanges: {
        parameters: [
          since("from now on"),
          wanted,
          {
            name: "Last-Event-ID",
            in: "header",
            description: "The sequence of the last event that was seen; goes before `since`.",
            schema: { type: "string" },
          },
        ],
        responses: {
          "200": {
            description:
              "Events for as long as the caller stays; a comment now and then where nothing happens.",
            content: {
              "text/event-stream": {
                schema: { type: "string", description: "Each `data` is a `Change` in JSON." },
                example: `retry: 2000\n\nid: 4711\nevent: change\ndata: ${JSON.stringify(example)}\n\n`,
              },
            },
          },
          ...problems("forbidden", "invalid"),
        },
      },
    },
  };
}
