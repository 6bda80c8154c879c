/** How requests are signed beside whatever authenticates them: Standard Webhooks. */
import { Alert, PasswordInput, Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Receiver } from "./data.ts";
import type { Form } from "./form.ts";

/** @param stored  what the receiver has; undefined: it has yet to be made */
export function Signing({ form, stored }: { form: Form; stored: Receiver["signature"] | undefined }) {
  const { t } = useTranslation("receivers");
  const { signature } = form.getValues();
  return (
    <>
      <Radio.Group label={t("facts.signature")} {...form.getInputProps("signature")}>
        <Stack gap="xs" mt={6}>
          {(["v1", "v1a"] as const).map((one) => (
            <Radio key={one} value={one} label={t(`signature.${one}`)} description={t(`signing.${one}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {stored === "v1a" && signature === "v1" && (
        <Alert color="yellow" role="status">
          {t("signing.dropKey")}
        </Alert>
      )}
      {stored === undefined && (
        <PasswordInput
          label={t("signing.own")}
          description={t("signing.ownText")}
          placeholder="whsec_…"
          autoComplete="new-password"
          {...form.getInputProps("own_secret")}
        />
      )}
    </>
  );
}
