/** A new TOTP secret of somebody, shown this once. */
import { Alert, Center, Checkbox, Image, Stack, Button, Group } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../../api/client.ts";
import { Secret } from "../../parts/Secret.tsx";

export function TotpShown({
  totp,
  username,
  done,
}: {
  totp: Schemas["TotpSecret"];
  username: string;
  done: () => void;
}) {
  const { t } = useTranslation("users");
  const [stored, setStored] = useState(false);
  return (
    <Stack maw={480}>
      <Alert color="yellow" icon={<IconKey aria-hidden />} title={t("totp.once")}>
        {t("totp.onceText", { username })}
      </Alert>
      <Center>
        {/* As an image: whatever stands in it cannot run. White around it, or no camera reads it in the dark. */}
        <Image
          src={`data:image/svg+xml,${encodeURIComponent(totp.qr_svg)}`}
          alt={t("totp.qr")}
          w={220}
          h={220}
          p={10}
          bg="white"
          radius="sm"
        />
      </Center>
      <Secret label={t("totp.secret")} value={totp.secret} />
      <Checkbox
        label={t("totp.stored")}
        checked={stored}
        onChange={(event) => setStored(event.currentTarget.checked)}
      />
      <Group justify="flex-end">
        <Button disabled={!stored} onClick={done}>
          {t("totp.done")}
        </Button>
      </Group>
    </Stack>
  );
}
