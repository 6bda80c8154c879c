/** Of which records, which of them, what of each, and by which way in. */
import {
  MultiSelect,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { RecordType } from "../../parts/useTypes.ts";
import { type Choice, WAYS } from "./call.ts";
import type { Secrets } from "./live.ts";
import { Later } from "./Later.tsx";

type Change = (changes: Record<string, string>, options?: { replace?: boolean }) => void;

export function Choices({
  types,
  type,
  choice,
  change,
  secrets,
  setSecrets,
}: {
  types: readonly RecordType[];
  type: RecordType;
  choice: Choice;
  change: Change;
  secrets: Secrets;
  setSecrets: (secrets: Secrets) => void;
}) {
  const { t } = useTranslation("integrate");
  const isPublic = choice.way === "public";
  // Who has not logged in can ask by public fields alone.
  const filters = isPublic ? type.filters.filter(({ field }) => type.public.includes(field)) : type.filters;
  const sortable = ["id", "modified_at", ...filters.map(({ field }) => field)];
  return (
    <Stack gap="sm">
      <Select
        label={t("choices.way")}
        value={choice.way}
        data={WAYS.map((way) => ({ value: way, label: t(`ways.${way}`) }))}
        onChange={(way) => change({ way: way ?? "token" })}
      />
      <Text size="sm" c="dimmed">
        {t(`waysText.${choice.way}`)}
      </Text>
      <Select
        label={t("choices.type")}
        value={type.name}
        data={types.map(({ name }) => name)}
        searchable={types.length > 8}
        onChange={(name) => change({ type: name ?? type.name, fields: "", sort: "" })}
      />
      {filters.map(({ field, kind }) => (
        <Later
          key={`${type.name} ${field}`}
          label={t("choices.filter", { field })}
          placeholder={t("choices.any")}
          value={choice.filters[field] ?? ""}
          change={(value) => change({ [`filter.${field}`]: value }, { replace: true })}
          inputMode={kind === "number" ? "decimal" : "text"}
        />
      ))}
      {type.search.length > 0 && (
        <Later
          label={t("choices.search")}
          placeholder={type.search.join(", ")}
          value={choice.search}
          change={(search) => change({ search }, { replace: true })}
        />
      )}
      <Select
        label={t("choices.sort")}
        value={choice.sort}
        data={[
          { value: "", label: t("choices.unsorted") },
          ...sortable.flatMap((field) => [
            { value: field, label: field },
            { value: `-${field}`, label: t("choices.down", { field }) },
          ]),
        ]}
        onChange={(sort) => change({ sort: sort ?? "" })}
      />
      <MultiSelect
        label={t("choices.fields")}
        description={t("choices.fieldsText")}
        value={[...choice.fields]}
        data={["id", ...(type.fields ?? []).filter((field) => field !== "id")]}
        onChange={(fields) => change({ fields: fields.join(",") }, { replace: true })}
        hidePickedOptions
      />
      <NumberInput
        label={t("choices.rows")}
        value={choice.rows}
        min={1}
        max={500}
        allowDecimal={false}
        clampBehavior="strict"
        onChange={(rows) => rows !== "" && change({ rows: String(rows) }, { replace: true })}
      />
      <Credentials choice={choice} change={change} secrets={secrets} setSecrets={setSecrets} />
    </Stack>
  );
}

/** Only for the answer beside it: they stay in this page's memory. */
function Credentials({
  choice: { way, totp },
  change,
  secrets,
  setSecrets,
}: {
  choice: Choice;
  change: Change;
  secrets: Secrets;
  setSecrets: (secrets: Secrets) => void;
}) {
  const { t } = useTranslation("integrate");
  const set = (name: keyof Secrets) => (event: { currentTarget: { value: string } }) =>
    setSecrets({ ...secrets, [name]: event.currentTarget.value });
  const shared = { autoComplete: "off", description: t("choices.secretText") } as const;
  switch (way) {
    case "public":
      return null;
    case "password":
      return (
        <PasswordInput
          {...shared}
          label={t("choices.password")}
          value={secrets.password}
          onChange={set("password")}
        />
      );
    case "token":
      return (
        <PasswordInput {...shared} label={t("choices.token")} value={secrets.token} onChange={set("token")} />
      );
    case "oauth":
      return (
        <>
          <Switch
            label={t("choices.totp")}
            checked={totp}
            onChange={(event) => change({ totp: event.currentTarget.checked ? "1" : "" }, { replace: true })}
          />
          <TextInput
            label={t("choices.clientId")}
            value={secrets.clientId}
            onChange={set("clientId")}
            autoComplete="off"
          />
          <PasswordInput
            {...shared}
            label={t("choices.clientSecret")}
            value={secrets.clientSecret}
            onChange={set("clientSecret")}
          />
          {totp && (
            <TextInput
              label={t("choices.code")}
              value={secrets.code}
              onChange={set("code")}
              inputMode="numeric"
              autoComplete="off"
            />
          )}
        </>
      );
  }
}
