/** Which records a grant is of: filter fields, each with the values that are allowed. */
import { ActionIcon, Button, Group, Select, Stack, TagsInput, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Resource } from "./data.ts";
import type { GrantCard } from "./grants.ts";

export function RecordFilter({
  resource,
  where,
  change,
}: {
  resource: Resource;
  where: GrantCard["where"];
  change: (where: GrantCard["where"]) => void;
}) {
  const { t } = useTranslation("accounts");
  if (resource.filters.length === 0) return null;
  const left = resource.filters.filter(({ field }) => !where.some((one) => one.field === field));
  const set = (index: number, next: Partial<GrantCard["where"][number]>) =>
    change(where.map((one, at) => (at === index ? { ...one, ...next } : one)));
  return (
    <Stack gap="xs" role="group" aria-label={t("filter.title")}>
      <Text size="sm" fw={600}>
        {t("filter.title")}
      </Text>
      {where.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("filter.all")}
        </Text>
      )}
      {where.map(({ field, values }, index) => {
        const kind = resource.filters.find((one) => one.field === field)?.kind;
        return (
          <Group key={field} gap="xs" align="flex-start" wrap="nowrap">
            <Select
              aria-label={t("filter.field")}
              style={{ flex: 1, minWidth: 0 }}
              value={field}
              data={[field, ...left.map((one) => one.field)]}
              onChange={(name) => name !== null && set(index, { field: name, values: [] })}
            />
            <TagsInput
              aria-label={t("filter.values", { field })}
              placeholder={values.length === 0 ? t("filter.isOneOf") : ""}
              style={{ flex: 2, minWidth: 0 }}
              value={values}
              data={kind === "boolean" ? ["true", "false"] : []}
              acceptValueOnBlur
              onChange={(next) => set(index, { values: next })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              onClick={() => change(where.filter((_, at) => at !== index))}
              aria-label={t("filter.remove", { field })}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        );
      })}
      {left[0] !== undefined && (
        <Button
          variant="subtle"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => change([...where, { field: left[0]?.field ?? "", values: [] }])}
          style={{ alignSelf: "flex-start" }}
        >
          {t("filter.add")}
        </Button>
      )}
    </Stack>
  );
}
