import { Badge, Button, Group, Modal } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Session } from "../../session.tsx";
import { Section } from "../../parts/Section.tsx";
import { TotpEnrol } from "./TotpEnrol.tsx";
import { TotpRemove } from "./TotpRemove.tsx";

/** One-time codes of an authenticator app, beside the password (RFC 6238). */
export function Totp({ user }: { user: NonNullable<Session["user"]> }) {
  const { t } = useTranslation("profile");
  const [open, setOpen] = useState<"enrol" | "remove">();
  const close = () => setOpen(undefined);
  return (
    <Section title={t("totp.title")} text={t("totp.text")}>
      <Group justify="space-between">
        <Badge color={user.totp ? "teal" : "gray"} tt="none" size="lg">
          {user.totp ? t("totp.on") : t("totp.off")}
        </Badge>
        <Group gap="xs">
          {user.totp && (
            <Button variant="default" onClick={() => setOpen("remove")}>
              {t("totp.remove")}
            </Button>
          )}
          {!user.totp && (
            <Button variant="default" onClick={() => setOpen("enrol")}>
              {t("totp.enrol")}
            </Button>
          )}
        </Group>
      </Group>
      <Modal opened={open === "enrol"} onClose={close} title={t("totp.enrol")}>
        <TotpEnrol username={user.username} done={close} />
      </Modal>
      <Modal opened={open === "remove"} onClose={close} title={t("totp.remove")}>
        <TotpRemove username={user.username} done={close} />
      </Modal>
    </Section>
  );
}
