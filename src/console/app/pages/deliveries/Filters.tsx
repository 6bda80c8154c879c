/** What the log is narrowed by: the usual things at once, the rest when asked for. */
import { Autocomplete, Button, Collapse, Group, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconAdjustments, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { useReceiverOptions } from "../receivers/data.ts";
import { errors, statuses, useReceiverName, useReceiverNames } from "./data.ts";
import { isFiltered, type LogFilters, noFilters } from "./filter.ts";

type Change = (change: Partial<LogFilters>, options?: { replace?: boolean }) => void;

/** Milliseconds after the last key. */
const TYPED_MS = 350;

export function Filters({ filters, change }: { filters: LogFilters; change: Change }) {
  const { t } = useTranslation("deliveries");
  const options = useReceiverOptions();
  const topics = options.data?.topics ?? [];
  const seldom = [filters.error, filters.status_code, filters.object, filters.object_id, filters.until];
  const [opened, { toggle }] = useDisclosure(seldom.some((value) => value !== ""));
  const objects = [...new Set(topics.map(({ object }) => object))];
  const families = [...new Set(topics.map(({ name }) => `${name.split(".")[0]}.*`))];
  return (
    <Stack gap="xs" role="search" aria-label={t("filters.title")}>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="xs">
        <ReceiverFilter value={filters.receiver} change={(receiver) => change({ receiver })} />
        <Select
          label={t("filters.status")}
          placeholder={t("filters.any")}
          clearable
          value={filters.status || null}
          data={statuses.map((status) => ({ value: status, label: t(`status.${status}`) }))}
          onChange={(status) => change({ status: status ?? "" })}
        />
        <Select
          label={t("filters.topic")}
          placeholder={t("filters.any")}
          clearable
          searchable
          value={filters.topic || null}
          data={[
            ...new Set([...families, ...topics.map(({ name }) => name), "Receivers.Test", filters.topic]),
          ].filter((topic) => topic !== "")}
          onChange={(topic) => change({ topic: topic ?? "" })}
        />
        <TextInput
          type="datetime-local"
          label={t("filters.since")}
          value={filters.since}
          onChange={(event) => change({ since: event.currentTarget.value }, { replace: true })}
        />
      </SimpleGrid>
      <Collapse expanded={opened}>
        <SimpleGrid cols={{ base: 2, md: 5 }} spacing="xs" id="more-filters">
          <TextInput
            type="datetime-local"
            label={t("filters.until")}
            value={filters.until}
            onChange={(event) => change({ until: event.currentTarget.value }, { replace: true })}
          />
          <Select
            label={t("filters.error")}
            placeholder={t("filters.any")}
            clearable
            value={filters.error || null}
            data={errors.map((error) => ({ value: error, label: t(`errorShort.${error}`) }))}
            onChange={(error) => change({ error: error ?? "" })}
          />
          <Typed
            label={t("filters.statusCode")}
            placeholder="500"
            value={filters.status_code}
            change={(status_code) => change({ status_code }, { replace: true })}
          />
          <Autocomplete
            label={t("filters.object")}
            placeholder={t("filters.any")}
            value={filters.object}
            data={objects}
            onChange={(object) => change({ object }, { replace: true })}
          />
          <Typed
            label={t("filters.objectId")}
            description={
              filters.object === "" && filters.object_id !== "" ? t("filters.needsObject") : undefined
            }
            value={filters.object_id}
            change={(object_id) => change({ object_id }, { replace: true })}
          />
        </SimpleGrid>
      </Collapse>
      <Group gap="xs">
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconAdjustments size={14} aria-hidden />}
          onClick={toggle}
          aria-expanded={opened}
          aria-controls="more-filters"
        >
          {opened ? t("filters.fewer") : t("filters.more")}
        </Button>
        {isFiltered(filters) && (
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<IconX size={14} aria-hidden />}
            onClick={() => change(noFilters)}
          >
            {t("filters.clear")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** Those that there are, also those that were removed: their log stays. */
function ReceiverFilter({ value, change }: { value: string; change: (id: string) => void }) {
  const { t } = useTranslation("deliveries");
  const names = useReceiverNames();
  const chosen = useReceiverName(value);
  const all = [...(names.data?.byId.values() ?? [])];
  if (value !== "" && !all.some(({ id }) => id === value)) all.push(chosen ?? { id: value, name: value });
  return (
    <Select
      label={t("filters.receiver")}
      placeholder={t("filters.any")}
      clearable
      searchable
      limit={100}
      value={value || null}
      data={all.map(({ id, name, deleted_at }) => ({
        value: id,
        label: deleted_at === undefined ? name : `${name} ${t("receiverGone")}`,
      }))}
      onChange={(id) => change(id ?? "")}
    />
  );
}

/** Text that counts once one has stopped to type. */
function Typed({
  value,
  change,
  ...shown
}: {
  label: string;
  placeholder?: string;
  description?: string | undefined;
  value: string;
  change: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const tell = useDebouncedCallback(change, TYPED_MS);
  return (
    <TextInput
      {...shown}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        tell(currentTarget.value.trim());
      }}
    />
  );
}
