/** How it is told: the format, how its requests are authenticated, and what one looks like. */
import { PasswordInput, Radio, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Certificates } from "./Certificates.tsx";
import type { Receiver, ReceiverOptions } from "./data.ts";
import { Example } from "./Example.tsx";
import { type AuthField, authFields, type Form, optionalAuth, secretFields } from "./form.ts";
import { PairRows } from "./PairRows.tsx";
import { Signing } from "./Signing.tsx";

const formats = ["changes", "event", "cloudevents"] as const;
const protocols = ["none", "websub", "oauth2", "basic", "bearer"] as const;
const choices: Partial<Record<AuthField, readonly string[]>> = {
  method: ["sha1", "sha256", "sha384", "sha512"],
  client_auth: ["basic", "post"],
};

/** @param receiver  as it is stored; undefined: it has yet to be made */
export function StepProtocol({
  form,
  options,
  receiver,
}: {
  form: Form;
  options: ReceiverOptions;
  receiver?: Receiver;
}) {
  const { t } = useTranslation("receivers");
  const { format, protocol } = form.getValues();
  const editing = protocol === receiver?.auth.protocol;
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
        <Signing form={form} stored={receiver?.signature} />
        <Certificates form={form} stored={receiver?.tls ?? null} />
        <PairRows
          form={form}
          member="headers"
          words={{
            title: t("fields.headers"),
            name: t("fields.headerName"),
            value: t("fields.headerValue"),
            add: t("fields.addHeader"),
            remove: t("fields.removeHeader"),
          }}
          example={{ name: "x-tenant", value: "7" }}
        />
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
