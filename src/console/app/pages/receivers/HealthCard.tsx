/** How a receiver fares: its breaker in words, since when it fails, when it is tried again. */
import { Alert, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { When } from "../../parts/When.tsx";
import type { DetailedReceiver } from "./data.ts";

export function HealthCard({ receiver }: { receiver: DetailedReceiver }) {
  const { t } = useTranslation("receivers");
  const format = useFormats();
  const { health, enabled, failing_since, disabled_at, disabled_reason } = receiver;
  const breaker = health?.state ?? "closed";
  return (
    <Paper withBorder p="md" component="section" aria-label={t("health.title")}>
      <Stack gap="sm">
        <Title order={2}>{t("health.title")}</Title>
        {!enabled && (
          <Alert color="gray">
            {t("health.disabled")} {disabled_at !== null && <When at={disabled_at} exact />}
            {disabled_reason !== null && (
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {disabled_reason}
              </Text>
            )}
          </Alert>
        )}
        {enabled && health?.paused && (
          <Alert color="orange" icon={<IconAlertTriangle aria-hidden />}>
            {t("health.paused", { reason: health.paused })}
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
          <Fact title={t("health.breaker")}>
            <Text size="sm">{t(`breaker.${breaker}`)}</Text>
            <Text size="xs" c="dimmed">
              {t(`breakerText.${breaker}`)}
            </Text>
          </Fact>
          <Fact title={t("health.failingSince")}>
            <When at={failing_since} exact />
          </Fact>
          <Fact title={t("health.failures")}>
            <Text size="sm">{format.number(health?.consecutive_failures ?? 0)}</Text>
          </Fact>
          <Fact title={t("health.probe")}>
            <When at={health?.next_probe_at} />
          </Fact>
        </SimpleGrid>
      </Stack>
    </Paper>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" fw={600}>
        {title}
      </Text>
      <div style={{ fontSize: "var(--mantine-font-size-sm)" }}>{children}</div>
    </div>
  );
}
