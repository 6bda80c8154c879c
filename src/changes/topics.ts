/** Topics: what they are called, and which of them a pattern such as `Trainings.*` means. */
import { topicName } from "../config/topics.ts";
import type { Grant } from "../grants/grant.ts";
import { allows } from "../grants/grant.ts";
import { invalid } from "../problem.ts";

/** What happens to records. */
export type Action = "update" | "destroy" | "import";

const SUFFIX: Record<Action, string> = { update: "Update", destroy: "Destroy", import: "Import" };

/** `trainings`, `update` is `Trainings.Update`. */
export function topicOf(type: string, action: Action): string {
  return `${topicName(type)}.${SUFFIX[action]}`;
}

/** What happens to objects of the server's own, as the feed's `action` has it. */
export type OwnAction = "create" | "update" | "destroy" | "disable" | "finish";
export type OwnObject = "account" | "user" | "receiver" | "operation" | "webmessage";

/**
 * The topics of the server's own objects, each with the resource that one must be allowed to read.
 *
 * They must be asked for by name, or as `Accounts.*`: `*` stands for the data, and whoever asked for all of that does
 * not expect news of accounts among it, nor new kinds of news with a new version.
 */
export const OWN_TOPICS = {
  "Accounts.Update": { object: "account", resource: "accounts" },
  "Users.Update": { object: "user", resource: "users" },
  "Receivers.Disable": { object: "receiver", resource: "receivers" },
  "Operations.Finish": { object: "operation", resource: "operations" },
  "WebMessages.Create": { object: "webmessage", resource: "webmessages" },
  "WebMessages.Destroy": { object: "webmessage", resource: "webmessages" },
} as const satisfies Record<string, { object: OwnObject; resource: string }>;
export type OwnTopic = keyof typeof OWN_TOPICS;

export const OWN_OBJECTS: readonly OwnObject[] = [
  ...new Set(Object.values(OWN_TOPICS).map(({ object }) => object)),
];

const own: ReadonlyMap<string, { object: OwnObject; resource: string }> = new Map(Object.entries(OWN_TOPICS));

/** The resource of an object of the server's own, by the name that changes have of it. */
export function ownResource(object: string): string | undefined {
  for (const entry of own.values()) if (entry.object === object) return entry.resource;
  return undefined;
}

/** Where an object of the server's own is, without host; undefined for what is none. */
export function ownPath(object: string, key: string): string | undefined {
  const resource = ownResource(object);
  // Web messages are where S3 has them.
  if (resource === "webmessages") return `/webmessages/${key}`;
  return resource === undefined ? undefined : `/api/v1/${resource}/${key}`;
}

/** What the topics of an object of the server's own begin with: `WebMessages`. */
export function ownTopicName(object: string): string | undefined {
  for (const [topic, entry] of own) if (entry.object === object) return topic.slice(0, topic.indexOf("."));
  return undefined;
}

/** Whether a topic is one of the server's own that these grants do not let hear. Of types, grants decide elsewhere. */
export function isHiddenOwnTopic(grants: readonly Grant[], topic: string): boolean {
  const entry = own.get(topic);
  return entry !== undefined && !allows(grants, entry.resource, "read");
}

/** Every topic that this configuration can bring forth. */
export class TopicCatalogue {
  /** Those of the types, then the server's own. */
  all: readonly string[] = [];
  #data: readonly string[] = [];

  constructor(types: Iterable<string>) {
    this.reload(types);
  }

  /** Those of other types from now on. */
  reload(types: Iterable<string>): void {
    const actions = Object.keys(SUFFIX) as Action[];
    this.#data = [...types].flatMap((type) => actions.map((action) => topicOf(type, action)));
    this.all = [...this.#data, ...own.keys()];
  }

  /**
   * The topics that `patterns` mean: a topic, `Trainings.*`, or `*`, which is every topic of a type.
   * @throws Problem `invalid` naming a pattern that means none
   */
  expand(patterns: readonly string[], field = "topics"): string[] {
    const found = new Set<string>();
    patterns.forEach((pattern, index) => {
      const matches = this.matches(pattern);
      if (matches.length === 0) {
        throw invalid(
          `${field}[${index}]`,
          `there is no topic ${pattern}; there are ${this.all.join(", ")} and .* and *`,
        );
      }
      for (const topic of matches) found.add(topic);
    });
    return [...found];
  }

  /** As {@link expand}, for patterns that were valid once: a topic of a type that is gone means nothing. */
  known(patterns: readonly string[]): string[] {
    return [...new Set(patterns.flatMap((pattern) => this.matches(pattern)))];
  }

  private matches(pattern: string): readonly string[] {
    if (pattern === "*") return this.#data;
    if (pattern.endsWith(".*")) {
      const start = pattern.slice(0, -1);
      return this.all.filter((topic) => topic.startsWith(start));
    }
    return this.all.includes(pattern) ? [pattern] : [];
  }
}
