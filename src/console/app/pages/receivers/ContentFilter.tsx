/** Which records a receiver is told of: conditions on fields, in words or as JSON. */
import {
  ActionIcon,
  Alert,
  Button,
  Fieldset,
  Group,
  JsonInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import type { ReceiverOptions } from "./data.ts";
import {
  choices,
  type ContentFilter as Filter,
  type FilteredType,
  filterOf,
  filterOfJson,
  fitting,
  MAX_FIELDS,
  rowsOf,
  typesOfTopics,
} from "./filter.ts";
import type { Form } from "./form.ts";

export function ContentFilter({ form, options }: { form: Form; options: ReceiverOptions }) {
  const { t } = useTranslation("receivers");
  const { filter, filter_json: json, topics } = form.getValues();
  const types = typesOfTopics(topics, options);
  const error = form.errors["content_filter"];
  const asJson = json !== null;
  const said = asJson ? filterOfJson(json) : filterOf(filter, types);
  const turn = (how: string) => {
    if (how === "json") return form.setFieldValue("filter_json", JSON.stringify(said ?? {}, null, 2));
    // What cannot be read cannot be shown in words.
    if (said === undefined) return;
    form.setFieldValue("filter", rowsOf(said));
    form.setFieldValue("filter_json", null);
  };
  const some = types.some(({ filters }) => filters.length > 0);
  if (!some && filter.length === 0 && !asJson) return null;
  return (
    <Fieldset legend={t("filter.title")}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" style={{ flex: 1, minWidth: 200 }}>
            {t("filter.text")}
          </Text>
          <SegmentedControl
            size="xs"
            aria-label={t("filter.how")}
            value={asJson ? "json" : "words"}
            onChange={turn}
            data={[
              { value: "words", label: t("filter.words"), disabled: said === undefined },
              { value: "json", label: "JSON" },
            ]}
          />
        </Group>
        {asJson ? (
          <JsonInput
            aria-label={t("filter.json")}
            autosize
            minRows={4}
            maxRows={14}
            spellCheck={false}
            value={json}
            onChange={(text) => {
              form.setFieldValue("filter_json", text);
              form.clearFieldError("content_filter");
            }}
            error={said === undefined ? t("invalid.json") : undefined}
          />
        ) : (
          <Rows form={form} types={types} />
        )}
        {said !== undefined && <InWords filter={said} types={types} />}
        {error !== undefined && said !== undefined && (
          <Text size="sm" c="error" role="alert">
            {error}
          </Text>
        )}
      </Stack>
    </Fieldset>
  );
}

function Rows({ form, types }: { form: Form; types: readonly FilteredType[] }) {
  const { t } = useTranslation("receivers");
  const rows = form.getValues().filter;
  const [next] = choices(
    types,
    rows.map(({ field }) => field),
  );
  return (
    <>
      {rows.map(({ field, values }, index) => {
        const others = rows.filter((_, at) => at !== index).map((row) => row.field);
        const kind = fitting(types, [...others, field])
          .flatMap(({ filters }) => filters)
          .find((one) => one.field === field)?.kind;
        return (
          <Group key={field} gap="xs" align="flex-start" wrap="nowrap">
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" style={{ flex: 1, minWidth: 0 }}>
              <Select
                aria-label={t("filter.field")}
                value={field}
                data={[...new Set([field, ...choices(types, others)])]}
                allowDeselect={false}
                onChange={(name) => {
                  if (name !== null && name !== field)
                    form.setFieldValue(`filter.${index}`, { field: name, values: [] });
                }}
              />
              <TagsInput
                aria-label={t("filter.values", { field })}
                placeholder={values.length === 0 ? t("filter.isOneOf") : ""}
                value={values}
                data={kind === "boolean" ? ["true", "false"] : []}
                acceptValueOnBlur
                onChange={(given) => form.setFieldValue(`filter.${index}.values`, given)}
              />
            </SimpleGrid>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              onClick={() => form.removeListItem("filter", index)}
              aria-label={t("filter.remove", { field })}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        );
      })}
      {next !== undefined && rows.length < MAX_FIELDS && (
        <Button
          variant="subtle"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => form.insertListItem("filter", { field: next, values: [] })}
          style={{ alignSelf: "flex-start" }}
        >
          {t("filter.add")}
        </Button>
      )}
    </>
  );
}

/** What the filter comes to, type by type: a type without the fields is told nothing of. */
function InWords({ filter, types }: { filter: Filter; types: readonly FilteredType[] }) {
  const { t } = useTranslation("receivers");
  const { locale } = useFormats();
  const and = new Intl.ListFormat(locale, { type: "conjunction" });
  const or = new Intl.ListFormat(locale, { type: "disjunction" });
  const fields = Object.keys(filter);
  if (fields.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("filter.all")}
      </Text>
    );
  }
  const told = fitting(types, fields);
  const untold = types.filter((type) => !told.includes(type));
  const limits = and.format(
    Object.entries(filter).map(([field, values]) =>
      t("filter.where", { field, values: or.format(values.map(String)) }),
    ),
  );
  return (
    <Alert color={told.length === 0 ? "yellow" : "gray"} role="status">
      {told.length > 0 && t("filter.told", { types: and.format(told.map(({ name }) => name)), limits })}{" "}
      {untold.length > 0 && t("filter.untold", { types: and.format(untold.map(({ name }) => name)) })}
    </Alert>
  );
}
