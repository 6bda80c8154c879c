/** One grant: on what, what, on which records, with which fields. */
import {
  ActionIcon,
  Alert,
  Checkbox,
  Fieldset,
  Group,
  MultiSelect,
  Radio,
  Select,
  Stack,
  TagsInput,
} from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Resource } from "./data.ts";
import { EVERYTHING, type GrantCard, grantOf } from "./grants.ts";
import { RecordFilter } from "./RecordFilter.tsx";
import { useGrantWords } from "./words.ts";

const DATA_ACTIONS = ["read", "write", "delete"] as const;
const ALL_ACTIONS = [...DATA_ACTIONS, "run", "manage"] as const;

export function GrantFields({
  card,
  number,
  resources,
  data,
  change,
  remove,
}: {
  card: GrantCard;
  number: number;
  resources: readonly Resource[];
  /** Only of data: everything is every type then, and nothing but data is there. */
  data: boolean;
  change: (card: GrantCard) => void;
  remove: () => void;
}) {
  const { t } = useTranslation("accounts");
  const words = useGrantWords();
  const resource = resources.find(({ name }) => name === card.resource);
  const everything = data ? DATA_ACTIONS : ALL_ACTIONS;
  const known = resource?.actions ?? (card.resource === EVERYTHING ? everything : []);
  const every = card.actions.includes("*");
  const group = (kind: Resource["kind"]) =>
    resources
      .filter((one) => one.kind === kind)
      .map(({ name }) => ({ value: name, label: words.resource(name) }));
  const complete = card.resource !== "" && card.actions.length > 0;
  return (
    <Fieldset legend={t("grants.number", { number })} pos="relative">
      <ActionIcon
        variant="subtle"
        color="gray"
        pos="absolute"
        top={4}
        right={8}
        onClick={remove}
        aria-label={t("grants.remove", { number })}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
      <Stack gap="sm">
        <Select
          label={t("grants.resource")}
          placeholder={t("grants.choose")}
          searchable
          required
          value={card.resource === "" ? null : card.resource}
          data={[
            { group: t("grants.types"), items: group("type") },
            { group: t("grants.server"), items: group("server") },
            { group: t("grants.actions"), items: group("action") },
            {
              group: t("grants.all"),
              items: [{ value: EVERYTHING, label: data ? t("grants.allTypes") : words.resource(EVERYTHING) }],
            },
          ].filter(({ items }) => items.length > 0)}
          onChange={(name) => {
            if (name === null) return;
            const next = resources.find((one) => one.name === name);
            const actions = next?.actions.length === 1 ? [...next.actions] : [];
            change({ ...card, resource: name, actions, fields: "all", some: [], where: [] });
          }}
        />
        {card.resource !== "" && (
          <Checkbox.Group
            label={t("grants.may")}
            value={every ? ["*"] : card.actions}
            onChange={(actions) => change({ ...card, actions })}
          >
            <Group mt={6}>
              {known.map((action) => (
                <Checkbox key={action} value={action} label={words.action(action)} disabled={every} />
              ))}
              {!data && <Checkbox value="*" label={words.action("*")} />}
            </Group>
          </Checkbox.Group>
        )}
        {resource?.kind === "type" && (
          <>
            <RecordFilter
              resource={resource}
              where={card.where}
              change={(where) => change({ ...card, where })}
            />
            <FieldChoice resource={resource} card={card} change={change} />
          </>
        )}
        {complete && (
          <Alert color="gray" role="status">
            {words.grant(grantOf(card, resource), data)}
          </Alert>
        )}
      </Stack>
    </Fieldset>
  );
}

function FieldChoice({
  resource,
  card,
  change,
}: {
  resource: Resource;
  card: GrantCard;
  change: (card: GrantCard) => void;
}) {
  const { t } = useTranslation("accounts");
  const { fields, some } = card;
  const shown = { label: t("grants.whichFields"), value: some, "aria-label": t("grants.whichFields") };
  return (
    <Radio.Group
      label={t("grants.fields")}
      value={fields}
      onChange={(value) => change({ ...card, fields: value })}
    >
      <Stack gap="xs" mt={6}>
        <Radio value="all" label={t("fields.all")} />
        {resource.public.length > 0 && (
          <Radio value="public" label={t("fields.public", { fields: resource.public.join(", ") })} />
        )}
        <Radio value="some" label={t("fields.some")} />
        {fields === "some" &&
          (resource.fields === null ? (
            <TagsInput {...shown} onChange={(next) => change({ ...card, some: next })} />
          ) : (
            <MultiSelect
              {...shown}
              data={resource.fields}
              searchable
              onChange={(next) => change({ ...card, some: next })}
            />
          ))}
      </Stack>
    </Radio.Group>
  );
}
