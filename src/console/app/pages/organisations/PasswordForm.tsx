import { Button, Group, PasswordInput, Select, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldErrors } from "../../parts/formErrors.ts";
import { Secret } from "../../parts/Secret.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { about, type Organisation, organisationsKey } from "./data.ts";

const LENGTH = 8;
const OVERLAPS = ["0s", "24h", "7d", "30d"] as const;

/** It is for machines, so by default it is one that nobody has to remember: 144 random bits. */
function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

export function PasswordForm({ organisation, done }: { organisation: Organisation; done: () => void }) {
  const { t } = useTranslation("organisations");
  const [error, setError] = useState<unknown>();
  const [shown, setShown] = useState("");
  const { code, password: there } = organisation;
  const form = useForm<{ password: string; overlap: string }>({
    initialValues: { password: random(), overlap: "24h" },
    validate: {
      password: (value) => ([...value].length < LENGTH ? t("password.rule", { length: LENGTH }) : null),
    },
  });
  const set = useDo(
    (json: typeof form.values) => about<Organisation>(code, "/password", { method: "POST", json }),
    { changes: [organisationsKey], done: () => t("password.isSet"), quiet: true },
  );
  const submit = async (values: typeof form.values) => {
    setError(undefined);
    try {
      await set.mutateAsync(values);
      setShown(values.password);
    } catch (failure) {
      const errors = fieldErrors(failure, ["password", "overlap"]);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  if (shown !== "") {
    return (
      <Stack>
        <Text size="sm">{t("password.once")}</Text>
        <Secret label={t("password.title")} value={shown} />
        <Group justify="flex-end">
          <Button onClick={done}>{t("password.done")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack>
        {error !== undefined && <Failure error={error} />}
        <PasswordInput
          label={t("password.new")}
          description={t("password.newHint", { length: LENGTH })}
          required
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("password")}
        />
        {there && (
          <Select
            label={t("password.overlap")}
            description={t("password.overlapHint")}
            data={OVERLAPS.map((value) => ({ value, label: t(`password.overlaps.${value}`) }))}
            {...form.getInputProps("overlap")}
          />
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={set.isPending}>
            {t("password.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
