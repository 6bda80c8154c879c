import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { sendJson } from "../../api/client.ts";
import { language, LANGUAGES } from "../../i18n.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Organisation, organisationsKey, useNamed } from "./data.ts";

const CODE = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export function NewOrganisation() {
  const { t } = useTranslation("organisations");
  const [, navigate] = useLocation();
  const [error, setError] = useState<unknown>();
  const named = useNamed();
  const form = useForm({
    initialValues: { code: "", name: "", language: language() },
    validate: {
      code: (value) => (CODE.test(value.trim()) ? null : t("codeRule")),
      name: (value) => (value.trim() === "" ? t("nameRule") : null),
    },
  });
  const create = useDo(
    (json: typeof form.values) => sendJson<Organisation>("/api/v1/organisations", { method: "POST", json }),
    { changes: [organisationsKey], done: ({ name }) => t("added", { name }), quiet: true },
  );
  const submit = async ({ code, name, ...rest }: typeof form.values) => {
    setError(undefined);
    try {
      const made = await create.mutateAsync({ ...rest, code: code.trim(), name: name.trim() });
      named(made);
      navigate(`/organisations/${made.code}`, { replace: true });
    } catch (failure) {
      const errors = fieldErrors(failure, ["code", "name", "language"]);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  return (
    <PageFrame title={t("new")} above={[{ title: t("common:pages.organisations"), to: "/organisations" }]}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack maw={560}>
          {error !== undefined && <Failure error={error} />}
          <TextInput
            label={t("code")}
            description={t("codeHint")}
            required
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            maxLength={63}
            {...form.getInputProps("code")}
          />
          <TextInput label={t("name")} required maxLength={200} {...form.getInputProps("name")} />
          <Select
            label={t("language")}
            description={t("languageHint")}
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            {...form.getInputProps("language")}
          />
          <Group justify="flex-end">
            <Button component={Link} href="/organisations" variant="default">
              {t("common:confirm.cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("add")}
            </Button>
          </Group>
        </Stack>
      </form>
    </PageFrame>
  );
}
