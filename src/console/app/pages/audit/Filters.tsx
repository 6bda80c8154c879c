import { Autocomplete, Button, Group, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { type AuditFilters, isFiltered, noFilters } from "./filter.ts";

type Change = (change: Partial<AuditFilters>, options?: { replace?: boolean }) => void;

/** Milliseconds after the last key. */
const TYPED_MS = 400;

export function Filters({
  filters,
  change,
  actions,
}: {
  filters: AuditFilters;
  change: Change;
  /** To choose from; others can be typed. */
  actions: readonly string[];
}) {
  const { t } = useTranslation("audit");
  return (
    <Stack gap="xs" role="search" aria-label={t("filters.title")}>
      <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }} spacing="xs">
        <Typed
          label={t("columns.action")}
          placeholder="account.*"
          data={actions}
          value={filters.action}
          change={(action) => change({ action }, { replace: true })}
        />
        <Typed
          label={t("columns.subject")}
          placeholder="user:anna"
          value={filters.subject}
          change={(subject) => change({ subject }, { replace: true })}
        />
        <Typed
          label={t("columns.target")}
          placeholder="receiver:…"
          value={filters.target}
          change={(target) => change({ target }, { replace: true })}
        />
        <Select
          label={t("filters.outcome")}
          placeholder={t("filters.any")}
          clearable
          clearButtonProps={{ "aria-label": t("filters.any") }}
          value={filters.outcome || null}
          data={(["success", "denied"] as const).map((value) => ({ value, label: t(`outcome.${value}`) }))}
          onChange={(outcome) => change({ outcome: outcome ?? "" })}
        />
        <TextInput
          type="datetime-local"
          label={t("filters.since")}
          value={filters.since}
          onChange={(event) => change({ since: event.currentTarget.value }, { replace: true })}
        />
        <TextInput
          type="datetime-local"
          label={t("filters.until")}
          value={filters.until}
          onChange={(event) => change({ until: event.currentTarget.value }, { replace: true })}
        />
      </SimpleGrid>
      {isFiltered(filters) && (
        <Group>
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<IconX size={14} aria-hidden />}
            onClick={() => change(noFilters)}
          >
            {t("filters.clear")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** Text that counts once one has stopped to type. */
function Typed({
  value,
  change,
  data = [],
  ...shown
}: {
  label: string;
  placeholder: string;
  data?: readonly string[];
  value: string;
  change: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const later = useDebouncedCallback(change, TYPED_MS);
  return (
    <Autocomplete
      {...shown}
      data={data}
      limit={100}
      value={typed}
      onChange={(text) => {
        setTyped(text);
        later(text);
      }}
    />
  );
}
