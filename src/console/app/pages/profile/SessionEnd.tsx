import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { useSession } from "../../session.tsx";
import { Section } from "../../parts/Section.tsx";

export function SessionEnd() {
  const { t } = useTranslation("profile");
  const format = useFormats();
  const { expires_at: end, idle_seconds: idle } = useSession();
  return (
    <Section title={t("session.title")}>
      <Text size="sm">
        {t("session.text", { end: format.dateTime(end), idle: format.duration(idle * 1_000) })}
      </Text>
    </Section>
  );
}
