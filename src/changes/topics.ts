/** Topics: what they are called, and which of them a pattern such as `Trainings.*` means. */
import { topicName } from "../config/topics.ts";
import { invalid } from "../problem.ts";

export type Action = "update" | "destroy" | "import";

const SUFFIX: Record<Action, string> = { update: "Update", destroy: "Destroy", import: "Import" };

/** `trainings`, `update` is `Trainings.Update`. */
export function topicOf(type: string, action: Action): string {
  return `${topicName(type)}.${SUFFIX[action]}`;
}

/** Every topic that this configuration can bring forth. */
export class TopicCatalogue {
  readonly all: readonly string[];

  constructor(types: Iterable<string>) {
    const actions = Object.keys(SUFFIX) as Action[];
    this.all = [...types].flatMap((type) => actions.map((action) => topicOf(type, action)));
  }

  /**
   * The topics that `patterns` mean: a topic, `Trainings.*`, or `*`.
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
    if (pattern === "*") return this.all;
    if (pattern.endsWith(".*")) {
      const start = pattern.slice(0, -1);
      return this.all.filter((topic) => topic.startsWith(start));
    }
    return this.all.includes(pattern) ? [pattern] : [];
  }
}
