/** Topics as a tree: everything, a type with all that happens to it, and one thing that happens. Pure functions. */

export interface TopicGroup {
  /** `Trainings`. */
  name: string;
  topics: string[];
  /** Of the YAML's types: `*` means those. */
  data: boolean;
}

const familyOf = (topic: string): string => topic.slice(0, topic.indexOf("."));

/** @param dataResources  the names of the types */
export function groupsOf(
  topics: readonly { name: string; resource: string }[],
  dataResources: ReadonlySet<string>,
): TopicGroup[] {
  const groups = new Map<string, TopicGroup>();
  for (const { name, resource } of topics) {
    const family = familyOf(name);
    const group = groups.get(family) ?? { name: family, topics: [], data: dataResources.has(resource) };
    group.topics.push(name);
    groups.set(family, group);
  }
  return [...groups.values()];
}

/** Whether a topic is chosen, by itself or by what stands for it. */
export function isChosen(chosen: readonly string[], group: TopicGroup, topic: string): boolean {
  return isWhole(chosen, group) || chosen.includes(topic);
}

export function isWhole(chosen: readonly string[], { name, topics, data }: TopicGroup): boolean {
  if (data && chosen.includes("*")) return true;
  return chosen.includes(`${name}.*`) || topics.every((topic) => chosen.includes(topic));
}

/** Everything of the types, or none of it; the server's own stay. */
export function toggleAll(chosen: readonly string[], groups: readonly TopicGroup[]): string[] {
  const own = chosen.filter((one) => groups.some((group) => !group.data && familyOf(one) === group.name));
  return chosen.includes("*") ? own : ["*", ...own];
}

export function toggleGroup(
  chosen: readonly string[],
  groups: readonly TopicGroup[],
  group: TopicGroup,
): string[] {
  const whole = isWhole(chosen, group);
  const others = withoutAll(chosen, groups).filter((one) => familyOf(one) !== group.name);
  return whole ? others : [...others, `${group.name}.*`];
}

export function toggleTopic(
  chosen: readonly string[],
  groups: readonly TopicGroup[],
  group: TopicGroup,
  topic: string,
): string[] {
  const there = group.topics.filter((one) => isChosen(chosen, group, one));
  const wanted = there.includes(topic) ? there.filter((one) => one !== topic) : [...there, topic];
  const others = withoutAll(chosen, groups).filter((one) => familyOf(one) !== group.name);
  return [...others, ...(wanted.length === group.topics.length ? [`${group.name}.*`] : wanted)];
}

/** `*` said group by group, so that one of them can be taken out. */
function withoutAll(chosen: readonly string[], groups: readonly TopicGroup[]): string[] {
  if (!chosen.includes("*")) return [...chosen];
  const data = groups.filter((group) => group.data).map(({ name }) => `${name}.*`);
  return [...new Set([...data, ...chosen.filter((one) => one !== "*")])];
}
