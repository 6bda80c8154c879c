import { Badge, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import { chooseLanguage, isLanguage, language, LANGUAGES } from "../../i18n.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Session, useSession } from "../../session.tsx";
import { useOwn } from "./own.ts";
import { Section } from "../../parts/Section.tsx";

export function Identity({ user }: { user: NonNullable<Session["user"]> }) {
  const { t } = useTranslation("profile");
  const { organisation } = useSession();
  const own = useOwn();
  const [error, setError] = useState<unknown>();
  const form = useForm({ initialValues: { name: user.name, language: user.language ?? language() } });
  const save = useDo(
    (values: typeof form.values) =>
      sendJson<unknown>("/api/v1/session", {
        method: "PATCH",
        json: { ...values, name: values.name.trim() },
      }),
    { done: () => t("saved"), quiet: true },
  );
  const submit = async (values: typeof form.values) => {
    setError(undefined);
    try {
      await save.mutateAsync(values);
    } catch (failure) {
      const errors = fieldErrors(failure, ["name", "language"]);
      if (errors) form.setErrors(errors);
      else setError(failure);
      return;
    }
    own({ name: values.name.trim(), language: values.language });
    if (isLanguage(values.language)) await chooseLanguage(values.language);
  };
  return (
    <Section title={t("identity.title")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Fact label={t("identity.username")}>{user.username}</Fact>
        <Fact label={t("identity.organisation")}>{organisation.name}</Fact>
        <Fact label={t("identity.email")}>{user.email ?? "–"}</Fact>
        <Fact label={t("identity.roles")}>
          {user.roles.length === 0 && "–"}
          {user.roles.map((role) => (
            <Badge key={role} tt="none">
              {role}
            </Badge>
          ))}
        </Fact>
      </SimpleGrid>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack>
          {error !== undefined && <Failure error={error} />}
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput
              label={t("identity.name")}
              maxLength={200}
              autoComplete="name"
              {...form.getInputProps("name")}
            />
            <Select
              label={t("common:shell.language")}
              data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
              {...form.getInputProps("language")}
            />
          </SimpleGrid>
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending}>
              {t("identity.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Group gap={6} style={{ overflowWrap: "anywhere" }}>
        {children}
      </Group>
    </div>
  );
}
