/** What a list of records is asked: words, filters, order. All of it stands in the address. */
import { Button, Group, NativeSelect, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { follow, propertiesOf } from "../../parts/schema-form/schema.ts";
import { type RecordType, right } from "../../parts/useTypes.ts";

/** `search`, `sort`, and for each filter field `filter.FIELD`. */
export type Asked = Readonly<Record<string, string>>;

/** Milliseconds without a key until what was typed counts. */
const TYPING_MS = 300;

const parameter = (field: string): string => `filter.${field}`;

/** The filters that one may ask by. */
export function filtersOf(type: RecordType): RecordType["filters"] {
  const fields = right(type, "read")?.fields ?? [];
  return fields === "all" ? type.filters : type.filters.filter(({ field }) => fields.includes(field));
}

export function emptyQuestion(type: RecordType): Record<string, string> {
  return {
    ...{ search: "", sort: "" },
    ...Object.fromEntries(filtersOf(type).map(({ field }) => [parameter(field), ""])),
  };
}

export function isAsked(type: RecordType, asked: Asked): boolean {
  return asked["search"] !== "" || filtersOf(type).some(({ field }) => asked[parameter(field)] !== "");
}

/** As the API takes it. */
export function askedOf(type: RecordType, asked: Asked): Record<string, string> {
  const filters = filtersOf(type).map(({ field }) => [`filter[${field}]`, asked[parameter(field)] ?? ""]);
  return {
    ...Object.fromEntries(filters.filter(([, value]) => value !== "")),
    ...(asked["search"] && { search: asked["search"] }),
    ...(asked["sort"] && { sort: asked["sort"] }),
  };
}

export function RecordFilters({
  type,
  asked,
  change,
}: {
  type: RecordType;
  asked: Asked;
  change: (changes: Record<string, string>, options?: { replace?: boolean }) => void;
}) {
  const { t } = useTranslation("data");
  const filters = filtersOf(type);
  const sortable = ["id", "modified_at", ...filters.map(({ field }) => field)];
  return (
    <SimpleGrid
      cols={{ base: 1, xs: 2, md: 3, xl: 5 }}
      spacing="sm"
      role="search"
      aria-label={t("filter.label")}
    >
      {type.search.length > 0 && (
        <Typed
          label={t("filter.search")}
          placeholder={t("filter.searchIn", { fields: type.search.join(", ") })}
          icon
          value={asked["search"] ?? ""}
          change={(search) => change({ search }, { replace: true })}
        />
      )}
      {filters.map(({ field, kind }) => (
        <Filter
          key={field}
          type={type}
          field={field}
          kind={kind}
          value={asked[parameter(field)] ?? ""}
          change={(value) => change({ [parameter(field)]: value }, { replace: true })}
        />
      ))}
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <NativeSelect
          label={t("filter.sort")}
          style={{ flex: 1 }}
          value={asked["sort"] ?? ""}
          onChange={(event) => change({ sort: event.currentTarget.value })}
          data={[
            { value: "", label: t("filter.up", { field: "id" }) },
            ...sortable.flatMap((field) => {
              const name = field === "modified_at" ? t("fields.modified") : field;
              const down = { value: `-${field}`, label: t("filter.down", { field: name }) };
              return field === "id"
                ? [down]
                : [{ value: field, label: t("filter.up", { field: name }) }, down];
            }),
          ]}
        />
        {isAsked(type, asked) && (
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconX size={14} aria-hidden />}
            onClick={() => change(emptyQuestion(type))}
          >
            {t("records.clear")}
          </Button>
        )}
      </Group>
    </SimpleGrid>
  );
}

function Filter({
  type,
  field,
  kind,
  value,
  change,
}: {
  type: RecordType;
  field: string;
  kind: RecordType["filters"][number]["kind"];
  value: string;
  change: (value: string) => void;
}) {
  const { t } = useTranslation("data");
  const property = propertiesOf(follow(type.schema, type.schema), type.schema).find(
    ({ name }) => name === field,
  );
  const choices = kind === "boolean" ? ["true", "false"] : (property?.choices.map(String) ?? []);
  if (choices.length === 0) {
    return (
      <Typed
        label={property?.title ?? field}
        placeholder={t("filter.any")}
        value={value}
        change={change}
        numeric={kind === "number"}
      />
    );
  }
  return (
    <Select
      label={property?.title ?? field}
      placeholder={t("filter.any")}
      data={choices.map((choice) => {
        if (kind !== "boolean") return { value: choice, label: choice };
        return { value: choice, label: choice === "true" ? t("common:form.yes") : t("common:form.no") };
      })}
      value={value === "" ? null : value}
      onChange={(next) => change(next ?? "")}
      clearable
    />
  );
}

function Typed({
  label,
  placeholder,
  value,
  change,
  icon = false,
  numeric = false,
}: {
  label: string;
  placeholder: string;
  value: string;
  change: (value: string) => void;
  icon?: boolean;
  numeric?: boolean;
}) {
  const [text, setText] = useState(value);
  // Back in the history, or cleared.
  useEffect(() => setText(value), [value]);
  const later = useDebouncedCallback(change, TYPING_MS);
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      type={icon ? "search" : "text"}
      inputMode={numeric ? "decimal" : "text"}
      leftSection={icon ? <IconSearch size={16} aria-hidden /> : undefined}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value.trim());
      }}
    />
  );
}
