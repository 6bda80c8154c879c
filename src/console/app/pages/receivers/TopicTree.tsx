/** The topics as a tree of check boxes. */
import { ActionIcon, Box, Checkbox, Collapse, Group, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import type { ReceiverOptions } from "./data.ts";
import {
  groupsOf,
  isChosen,
  isWhole,
  toggleAll,
  toggleGroup,
  toggleTopic,
  type TopicGroup,
} from "./topics.ts";

export function TopicTree({
  options,
  value,
  onChange,
  error,
}: {
  options: ReceiverOptions;
  value: string[];
  onChange: (topics: string[]) => void;
  error?: ReactNode;
}) {
  const { t } = useTranslation("receivers");
  const groups = groupsOf(options.topics, new Set(options.types.map(({ name }) => name)));
  const branch = (group: TopicGroup) => (
    <Branch key={group.name} group={group} groups={groups} value={value} onChange={onChange} />
  );
  const some = groups.some((group) => group.data && group.topics.some((one) => isChosen(value, group, one)));
  return (
    <Stack gap="xs" role="group" aria-label={t("topics.title")}>
      <Checkbox
        label={t("topics.all")}
        description={t("topics.allText")}
        checked={value.includes("*")}
        indeterminate={!value.includes("*") && some}
        onChange={() => onChange(toggleAll(value, groups))}
      />
      <Stack gap={6} pl="lg">
        {groups.filter(({ data }) => data).map(branch)}
      </Stack>
      <Text size="sm" fw={600} mt="xs">
        {t("topics.own")}
      </Text>
      <Stack gap={6}>{groups.filter(({ data }) => !data).map(branch)}</Stack>
      {error !== undefined && error !== null && (
        <Text size="sm" c="error" role="alert">
          {error}
        </Text>
      )}
    </Stack>
  );
}

function Branch({
  group,
  groups,
  value,
  onChange,
}: {
  group: TopicGroup;
  groups: readonly TopicGroup[];
  value: string[];
  onChange: (topics: string[]) => void;
}) {
  const { t } = useTranslation("receivers");
  const whole = isWhole(value, group);
  const some = group.topics.some((topic) => isChosen(value, group, topic));
  const [opened, setOpened] = useState(some && !whole);
  const id = `topics-${group.name}`;
  const Icon = opened ? IconChevronDown : IconChevronRight;
  return (
    <Box>
      <Group gap={4} wrap="nowrap">
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          onClick={() => setOpened(!opened)}
          aria-expanded={opened}
          aria-controls={id}
          aria-label={t("topics.open", { name: group.name })}
        >
          <Icon size={14} aria-hidden />
        </ActionIcon>
        <Checkbox
          label={`${group.name}.*`}
          checked={whole}
          indeterminate={!whole && some}
          onChange={() => onChange(toggleGroup(value, groups, group))}
        />
      </Group>
      <Collapse expanded={opened} id={id}>
        <Stack gap={6} pl={56} pt={6}>
          {group.topics.map((topic) => (
            <Checkbox
              key={topic}
              label={topic}
              description={t(`topics.action.${topic.slice(topic.indexOf(".") + 1)}`)}
              checked={isChosen(value, group, topic)}
              onChange={() => onChange(toggleTopic(value, groups, group, topic))}
            />
          ))}
        </Stack>
      </Collapse>
    </Box>
  );
}
