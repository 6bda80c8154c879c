import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { PASSWORD_LENGTH } from "../login/password.ts";
import { Section } from "../../parts/Section.tsx";

export function Password({ username }: { username: string }) {
  const { t } = useTranslation("profile");
  const [error, setError] = useState<unknown>();
  const form = useForm({
    initialValues: { current: "", new: "", again: "" },
    validate: {
      current: (value) => (value === "" ? t("password.missing") : null),
      new: (value) =>
        [...value].length < PASSWORD_LENGTH ? t("password.rule", { length: PASSWORD_LENGTH }) : null,
      again: (value, values) => (value === values.new ? null : t("password.differs")),
    },
  });
  const change = useDo(
    ({ again: _, ...json }: typeof form.values) =>
      sendJson<void>("/api/v1/session/password", { method: "PUT", json }),
    { done: () => t("password.changed"), quiet: true },
  );
  const submit = async (values: typeof form.values) => {
    setError(undefined);
    try {
      await change.mutateAsync(values);
      form.reset();
    } catch (failure) {
      const errors = fieldErrors(failure, ["current", "new"], {
        password: "new",
        current_password: "current",
      });
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  return (
    <Section title={t("password.title")} text={t("password.text")}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack maw={420}>
          {error !== undefined && <Failure error={error} />}
          {/* For password managers: whose it is. */}
          <input type="text" name="username" value={username} autoComplete="username" readOnly hidden />
          <PasswordInput
            label={t("password.current")}
            required
            autoComplete="current-password"
            {...form.getInputProps("current")}
          />
          <PasswordInput
            label={t("password.new")}
            description={t("password.rule", { length: PASSWORD_LENGTH })}
            required
            autoComplete="new-password"
            {...form.getInputProps("new")}
          />
          <PasswordInput
            label={t("password.again")}
            required
            autoComplete="new-password"
            {...form.getInputProps("again")}
          />
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={change.isPending}>
              {t("password.change")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
