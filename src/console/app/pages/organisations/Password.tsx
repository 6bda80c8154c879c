/** The organisation's password, for the paths that take `org` and `pw`: set, shown once, taken away. */
import { Badge, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Section } from "../../parts/Section.tsx";
import { useDo } from "../../parts/useDo.ts";
import { useSession } from "../../session.tsx";
import { GrantList } from "../accounts/GrantList.tsx";
import { about, type Organisation, organisationsKey } from "./data.ts";
import { PasswordForm } from "./PasswordForm.tsx";
import { PasswordGrants } from "./PasswordGrants.tsx";

export function Password({ organisation, readOnly }: { organisation: Organisation; readOnly: boolean }) {
  const { t } = useTranslation("organisations");
  const format = useFormats();
  const { can } = useSession();
  const [asked, setAsked] = useState<"set" | "remove" | "grants">();
  const { code, name, password, previous_password_until: until, password_grants: grants } = organisation;
  const close = () => setAsked(undefined);
  const remove = useDo(
    () => about<Organisation>(code, "/password", { method: "POST", json: { password: null } }),
    { changes: [organisationsKey], done: () => t("password.removed"), quiet: true },
  );
  return (
    <Section title={t("password.title")} text={t("password.text")}>
      <Group justify="space-between">
        <Group gap="xs">
          <Badge color={password ? "teal" : "gray"} tt="none" size="lg">
            {password ? t("password.set") : t("password.none")}
          </Badge>
          {until !== null && (
            <Text size="sm">{t("password.previous", { until: format.dateTime(until) })}</Text>
          )}
        </Group>
        {!readOnly && (
          <Group gap="xs">
            <Button variant="default" onClick={() => setAsked("set")}>
              {password ? t("password.change") : t("password.make")}
            </Button>
            {password && (
              <Button variant="default" onClick={() => setAsked("remove")}>
                {t("password.remove")}
              </Button>
            )}
          </Group>
        )}
      </Group>
      <Group justify="space-between" align="flex-start">
        <Stack gap={4} style={{ flex: 1, minWidth: 200 }}>
          <Text size="sm" c="dimmed">
            {t("password.may")}
          </Text>
          <GrantList grants={grants} data />
        </Stack>
        {!readOnly && organisation.provisioned !== true && can("accounts", "read") && (
          <Button variant="default" onClick={() => setAsked("grants")}>
            {t("password.changeMay")}
          </Button>
        )}
      </Group>
      <Modal opened={asked === "grants"} onClose={close} title={t("password.mayTitle")} size="lg">
        <PasswordGrants organisation={organisation} done={close} />
      </Modal>
      <Modal opened={asked === "set"} onClose={close} title={t("password.title")}>
        <PasswordForm organisation={organisation} done={close} />
      </Modal>
      <Confirm
        question={
          asked === "remove"
            ? {
                title: t("password.remove"),
                text: t("password.removeText", { name }),
                action: t("password.remove"),
                name: code,
              }
            : undefined
        }
        run={() => remove.mutateAsync(undefined)}
        close={close}
      />
    </Section>
  );
}
