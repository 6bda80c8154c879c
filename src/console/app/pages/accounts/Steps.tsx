/** The fields of an account, as the wizard and the form that changes one have them. */
import { Checkbox, Radio, Stack, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Resource } from "./data.ts";
import type { Form } from "./form.ts";
import { GrantEditor } from "./GrantEditor.tsx";

export function StepName({ form, fresh }: { form: Form; fresh: boolean }) {
  const { t } = useTranslation("accounts");
  return (
    <Stack>
      <TextInput label={t("form.name")} required {...form.getInputProps("name")} />
      <Textarea label={t("form.description")} autosize minRows={2} {...form.getInputProps("description")} />
      {fresh && (
        <Switch
          label={t("form.totp")}
          description={t("form.totpText")}
          {...form.getInputProps("totp", { type: "checkbox" })}
        />
      )}
    </Stack>
  );
}

export function StepGrants({ form, resources }: { form: Form; resources: readonly Resource[] }) {
  const { value, onChange, error } = form.getInputProps("grants");
  return <GrantEditor resources={resources} value={value} onChange={onChange} error={error} />;
}

export function StepLimits({ form }: { form: Form }) {
  const { t } = useTranslation("accounts");
  const { token_kind, redirect_uris } = form.getValues();
  return (
    <Stack>
      <TagsInput
        label={t("form.networks")}
        description={t("form.networksText")}
        placeholder={form.getValues().allowed_ips.length === 0 ? "192.0.2.0/24" : ""}
        acceptValueOnBlur
        {...form.getInputProps("allowed_ips")}
      />
      <TextInput
        type="datetime-local"
        label={t("form.expires")}
        description={t("form.expiresText")}
        {...form.getInputProps("expires")}
      />
      <Radio.Group label={t("form.kind")} {...form.getInputProps("token_kind")}>
        <Stack gap="xs" mt={6}>
          <Radio value="opaque" label={t("kind.opaque")} />
          <Radio value="jwt" label={t("kind.jwt")} />
        </Stack>
      </Radio.Group>
      <TextInput
        label={t("form.life")}
        description={t("form.lifeText")}
        maw={240}
        {...form.getInputProps("token_life")}
      />
      {token_kind === "jwt" && (
        <TextInput
          label={t("form.audience")}
          description={t("form.audienceText")}
          autoComplete="off"
          {...form.getInputProps("token_audience")}
        />
      )}
      <Checkbox
        label={t("form.refresh")}
        description={t("form.refreshText")}
        {...form.getInputProps("token_refresh", { type: "checkbox" })}
      />
      <Checkbox
        label={t("form.dpop")}
        description={t("form.dpopText")}
        {...form.getInputProps("dpop", { type: "checkbox" })}
      />
      <TagsInput
        label={t("form.redirects")}
        description={t("form.redirectsText")}
        placeholder={redirect_uris.length === 0 ? "https://partner.example/callback" : ""}
        acceptValueOnBlur
        maxTags={20}
        {...form.getInputProps("redirect_uris")}
      />
    </Stack>
  );
}
