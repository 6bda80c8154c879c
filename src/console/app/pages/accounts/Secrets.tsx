/** What an account is told once: its token and, with TOTP, the secret its codes are made of. */
import { Alert, Button, Checkbox, Group, Image, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import type { Schemas } from "../../api/client.ts";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { Secret } from "../../parts/Secret.tsx";
import type { CreatedAccount } from "./data.ts";

export function Secrets({ account: { id, name, client_id, token, totp } }: { account: CreatedAccount }) {
  const { t } = useTranslation("accounts");
  const [, navigate] = useLocation();
  const [stored, setStored] = useState(false);
  return (
    <Stack maw={640}>
      <Alert color="teal" title={t("made.title", { name })} role="status">
        {t("made.text")}
      </Alert>
      <Group gap="xs">
        <Text size="sm" fw={500}>
          {t("clientId")}
        </Text>
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {client_id}
        </Text>
        <CopyButton value={client_id} label={t("clientId")} />
      </Group>
      <Secret label={t("made.token")} value={token} />
      {totp !== false && <TotpSecret totp={totp} />}
      <Checkbox
        label={t("made.stored")}
        checked={stored}
        onChange={(event) => setStored(event.currentTarget.checked)}
      />
      <Group>
        <Button disabled={!stored} onClick={() => navigate(`/accounts/${id}`)}>
          {t("made.go")}
        </Button>
      </Group>
    </Stack>
  );
}

/** For an authenticator app, as a picture and as text. */
export function TotpSecret({ totp: { secret, qr_svg } }: { totp: Schemas["TotpSecret"] }) {
  const { t } = useTranslation("accounts");
  return (
    <Stack gap="xs">
      <Title order={2}>{t("totp.title")}</Title>
      <Text size="sm">{t("totp.text")}</Text>
      <Image
        src={`data:image/svg+xml,${encodeURIComponent(qr_svg)}`}
        alt={t("totp.qr")}
        w={200}
        h={200}
        bg="white"
        p={8}
        radius="sm"
      />
      <Secret label={t("totp.secret")} value={secret} />
    </Stack>
  );
}
