import { Button, Group, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { LANGUAGES } from "../../i18n.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { about, type Organisation, organisationsKey, useNamed } from "./data.ts";

const FIELDS = ["name", "language", "allowed_ips", "sites", "return_urls"] as const;

export function OrganisationForm({
  organisation,
  readOnly,
}: {
  organisation: Organisation;
  readOnly: boolean;
}) {
  const { t } = useTranslation("organisations");
  const [error, setError] = useState<unknown>();
  const named = useNamed();
  const { code, name, language, allowed_ips, sites, return_urls } = organisation;
  const form = useForm({
    initialValues: { name, language, allowed_ips, sites, return_urls },
    validate: { name: (value) => (value.trim() === "" ? t("nameRule") : null) },
  });
  const save = useDo(
    (json: Partial<typeof form.values>) => about<Organisation>(code, "", { method: "PATCH", json }),
    { changes: [organisationsKey], done: () => t("saved"), quiet: true },
  );
  const submit = async (values: typeof form.values) => {
    setError(undefined);
    // What was not touched is not sent: nobody's change is undone by it.
    const touched = Object.fromEntries(Object.entries(values).filter(([field]) => form.isDirty(field)));
    try {
      named(await save.mutateAsync(touched));
    } catch (failure) {
      const errors = fieldErrors(failure, FIELDS);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  const list = (field: "allowed_ips" | "sites" | "return_urls") => ({
    readOnly,
    splitChars: [",", " "],
    ...form.getInputProps(field),
  });
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack>
        {error !== undefined && <Failure error={error} />}
        <TextInput
          label={t("name")}
          required={!readOnly}
          readOnly={readOnly}
          maxLength={200}
          {...form.getInputProps("name")}
        />
        <Select
          label={t("language")}
          description={t("languageHint")}
          readOnly={readOnly}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          {...form.getInputProps("language")}
        />
        <TagsInput
          label={t("networks")}
          description={t("networksHint")}
          placeholder={allowed_ips.length === 0 ? "192.0.2.0/24" : undefined}
          maxTags={100}
          {...list("allowed_ips")}
        />
        <TagsInput
          label={t("sites")}
          description={t("sitesHint")}
          placeholder={sites.length === 0 ? "https://www.example.org" : undefined}
          maxTags={50}
          {...list("sites")}
        />
        <TagsInput
          label={t("returnUrls")}
          description={t("returnUrlsHint")}
          placeholder={return_urls.length === 0 ? "https://www.example.org/welcome" : undefined}
          maxTags={50}
          {...list("return_urls")}
        />
        {!readOnly && (
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
              {t("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}
