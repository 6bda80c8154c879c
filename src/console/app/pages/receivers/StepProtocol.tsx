/** How it is told: the format, how its requests are authenticated, and what one looks like. */
import {
  ActionIcon,
  Button,
  Group,
  PasswordInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { ReceiverOptions } from "./data.ts";
import { Example } from "./Example.tsx";
import { type AuthField, authFields, type Form, optionalAuth, secretFields } from "./form.ts";

const formats = ["changes", "event", "cloudevents"] as const;
const protocols = ["none", "websub", "oauth2", "basic", "bearer"] as const;
const choices: Partial<Record<AuthField, readonly string[]>> = {
  method: ["sha1", "sha256", "sha384", "sha512"],
  client_auth: ["basic", "post"],
};

export function StepProtocol({
  form,
  options,
  editing,
}: {
  form: Form;
  options: ReceiverOptions;
  editing: boolean;
}) {
  const { t } = useTranslation("receivers");
  const { format, protocol } = form.getValues();
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <Stack>
        <Radio.Group label={t("fields.format")} {...form.getInputProps("format")}>
          <Stack gap="xs" mt={6}>
            {formats.map((one) => (
              <Radio key={one} value={one} label={t(`format.${one}`)} description={t(`formatText.${one}`)} />
            ))}
          </Stack>
        </Radio.Group>
        {format !== "changes" && (
          <Radio.Group label={t("fields.payload")} {...form.getInputProps("payload")}>
            <Stack gap="xs" mt={6}>
              <Radio value="thin" label={t("payload.thin")} />
              <Radio value="full" label={t("payload.full")} />
            </Stack>
          </Radio.Group>
        )}
        <Select
          label={t("fields.protocol")}
          description={t("fields.protocolText")}
          data={protocols.map((one) => ({ value: one, label: t(`protocol.${one}`) }))}
          {...form.getInputProps("protocol")}
        />
        {authFields[protocol].map((field) => (
          <Field key={`${protocol} ${field}`} form={form} field={field} editing={editing} />
        ))}
        <OwnHeaders form={form} />
      </Stack>
      <Example form={form.getValues()} options={options} />
    </SimpleGrid>
  );
}

function Field({ form, field, editing }: { form: Form; field: AuthField; editing: boolean }) {
  const { t } = useTranslation("receivers");
  const shown = { label: t(`auth.${field}`), ...form.getInputProps(`auth.${field}`) };
  const values = choices[field];
  if (values) return <Select {...shown} data={[...values]} />;
  if (secretFields.has(field)) {
    return (
      <PasswordInput
        {...shown}
        autoComplete="new-password"
        required={!editing}
        {...(editing && { description: t("auth.kept") })}
      />
    );
  }
  return <TextInput {...shown} required={!optionalAuth.has(field)} autoComplete="off" />;
}

function OwnHeaders({ form }: { form: Form }) {
  const { t } = useTranslation("receivers");
  const { headers } = form.getValues();
  return (
    <Stack gap="xs" role="group" aria-label={t("fields.headers")}>
      <Text size="sm" fw={600}>
        {t("fields.headers")}
      </Text>
      {headers.map((_, index) => (
        // A header has no other name while it is typed.
        <Group key={index} gap="xs" wrap="nowrap" align="flex-start">
          <TextInput
            aria-label={t("fields.headerName")}
            placeholder="x-tenant"
            style={{ flex: 1 }}
            {...form.getInputProps(`headers.${index}.name`)}
          />
          <TextInput
            aria-label={t("fields.headerValue")}
            placeholder="7"
            style={{ flex: 2 }}
            {...form.getInputProps(`headers.${index}.value`)}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => form.removeListItem("headers", index)}
            aria-label={t("fields.removeHeader")}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {form.errors["headers"] !== undefined && (
        <Text size="sm" c="error" role="alert">
          {form.errors["headers"]}
        </Text>
      )}
      <Button
        variant="subtle"
        size="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => form.insertListItem("headers", { name: "", value: "" })}
        style={{ alignSelf: "flex-start" }}
      >
        {t("fields.addHeader")}
      </Button>
    </Stack>
  );
}
