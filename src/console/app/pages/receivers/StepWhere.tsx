import { Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useSession } from "../../session.tsx";
import { useAccountChoice } from "./data.ts";
import type { Form } from "./form.ts";
import { PairRows } from "./PairRows.tsx";

/** Its name, its URL, and whose rights decide what it is sent. */
export function StepWhere({ form }: { form: Form }) {
  const { t } = useTranslation("receivers");
  const { kind, can } = useSession();
  const accounts = useAccountChoice();
  const choice = kind === "user" && can("accounts", "read");
  return (
    <Stack>
      <TextInput label={t("fields.name")} required {...form.getInputProps("name")} />
      <TextInput
        label={t("fields.url")}
        description={t("fields.urlText")}
        placeholder="https://partner.example/hooks"
        type="url"
        inputMode="url"
        required
        {...form.getInputProps("url")}
      />
      {choice && (
        <Select
          label={t("fields.account")}
          description={t("fields.accountText")}
          searchable
          required
          limit={100}
          data={(accounts.data?.items ?? []).map(({ id, name, enabled }) => ({
            value: id,
            label: name,
            disabled: !enabled,
          }))}
          nothingFoundMessage={t("fields.noAccount")}
          {...form.getInputProps("account_id")}
        />
      )}
      <Textarea label={t("fields.description")} autosize minRows={2} {...form.getInputProps("description")} />
      <PairRows
        form={form}
        member="metadata"
        words={{
          title: t("facts.metadata"),
          text: t("metadata.text"),
          name: t("metadata.name"),
          value: t("metadata.value"),
          add: t("metadata.add"),
          remove: t("metadata.remove"),
        }}
        example={{ name: "team", value: "web" }}
      />
    </Stack>
  );
}
