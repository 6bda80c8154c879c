/** The certificates of a receiver: whom we trust there, and what we show (mutual TLS). They are set together. */
import { Fieldset, Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Receiver } from "./data.ts";
import type { Form } from "./form.ts";
import { PemField } from "./PemField.tsx";
import { ShownCertificates } from "./ShownCertificates.tsx";

/** @param stored  what the receiver has already */
export function Certificates({ form, stored }: { form: Form; stored: Receiver["tls"] }) {
  const { t } = useTranslation("receivers");
  const { tls } = form.getValues();
  const ways = stored === null ? (["none", "set"] as const) : (["keep", "set", "none"] as const);
  const part = (name: "tls_ca" | "tls_cert" | "tls_key") => {
    const { value, onChange, error } = form.getInputProps(name);
    return { value, onChange, error };
  };
  return (
    <Fieldset legend={t("tls.title")}>
      <Stack gap="sm">
        {stored !== null && <ShownCertificates tls={stored} />}
        <Radio.Group aria-label={t("tls.title")} {...form.getInputProps("tls")}>
          <Stack gap="xs">
            {ways.map((way) => (
              <Radio key={way} value={way} label={t(`tls.way.${way}`)} />
            ))}
          </Stack>
        </Radio.Group>
        {tls === "set" && (
          <>
            <PemField label={t("tls.ca")} description={t("tls.caText")} {...part("tls_ca")} />
            <PemField label={t("tls.cert")} description={t("tls.certText")} {...part("tls_cert")} />
            <PemField label={t("tls.key")} description={t("tls.keyText")} secret {...part("tls_key")} />
          </>
        )}
      </Stack>
    </Fieldset>
  );
}
