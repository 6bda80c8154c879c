import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { When } from "../../parts/When.tsx";
import type { Receiver } from "./data.ts";

type Tls = NonNullable<Receiver["tls"]>;
type Certificate = NonNullable<Tls["cert"]>;

/** Certificates as the API tells them: whose, until when, and their fingerprint; of the key only that it is there. */
export function ShownCertificates({ tls: { cert, ca } }: { tls: Tls }) {
  const { t } = useTranslation("receivers");
  return (
    <Stack gap="xs">
      {cert && <One title={t("tls.cert")} certificate={cert} text={t("tls.keyStored")} />}
      {(ca ?? []).map((one) => (
        <One key={one.fingerprint} title={t("tls.ca")} certificate={one} />
      ))}
    </Stack>
  );
}

function One({ title, certificate, text }: { title: string; certificate: Certificate; text?: string }) {
  const { t } = useTranslation("receivers");
  const { subject, fingerprint, expires_at } = certificate;
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
        {subject}
      </Text>
      <Text size="xs" c="dimmed">
        {t("tls.until")} <When at={expires_at} exact />
        {text !== undefined && <> · {text}</>}
      </Text>
      <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
        {fingerprint}
      </Text>
    </div>
  );
}
