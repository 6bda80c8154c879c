import { Badge, Group, Paper, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconBolt, IconCheck, IconMoon, IconPlayerPause } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../../format.ts";
import { Empty } from "../../parts/states.tsx";
import { When } from "../../parts/When.tsx";
import type { OverviewReceiver } from "./live.ts";

const LOOKS = {
  open: { color: "red", icon: IconBolt },
  failing: { color: "red", icon: IconAlertTriangle },
  healthy: { color: "teal", icon: IconCheck },
  idle: { color: "gray", icon: IconMoon },
  disabled: { color: "gray", icon: IconPlayerPause },
} as const;

/** Who gets what, those in trouble first. */
export function Receivers({ receivers }: { receivers: readonly OverviewReceiver[] }) {
  const { t } = useTranslation("overview");
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="overview-receivers">
      <Title order={2} size="h4" id="overview-receivers" mb="xs">
        {t("common:pages.receivers")}
      </Title>
      {receivers.length === 0 ? (
        <Empty title={t("receivers.none")} text={t("receivers.noneText")} />
      ) : (
        <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
          {receivers.map((receiver) => (
            <li key={receiver.id}>
              <Receiver receiver={receiver} />
            </li>
          ))}
        </Stack>
      )}
    </Paper>
  );
}

function Receiver({ receiver }: { receiver: OverviewReceiver }) {
  const { t } = useTranslation("overview");
  const format = useFormats();
  const { id, name, url, state, backlog, oldest_due_at, failing_since, last_delivered_at, success_rate_1h } =
    receiver;
  const { color, icon: Icon } = LOOKS[state];
  return (
    <UnstyledButton
      component={Link}
      href={`/receivers/${id}`}
      className="hover-row"
      p="xs"
      w="100%"
      display="block"
    >
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={600} truncate>
            {name}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {url}
          </Text>
        </div>
        <Badge color={color} leftSection={<Icon size={12} aria-hidden />} tt="none" style={{ flexShrink: 0 }}>
          {t(`state.${state}`)}
        </Badge>
      </Group>
      <Group gap="md" mt={2}>
        {backlog > 0 && (
          <Text size="xs">
            {t("receivers.backlog", { count: backlog, number: format.number(backlog) })}
            {oldest_due_at && (
              <>
                {" · "}
                {t("receivers.due")} <When at={oldest_due_at} />
              </>
            )}
          </Text>
        )}
        {failing_since ? (
          <Text size="xs" c="var(--mantine-color-error)">
            {t("receivers.failing")} <When at={failing_since} />
          </Text>
        ) : (
          last_delivered_at && (
            <Text size="xs" c="dimmed">
              {t("receivers.last")} <When at={last_delivered_at} />
            </Text>
          )
        )}
        {success_rate_1h !== null && (
          <Text size="xs" c="dimmed">
            {t("receivers.rate", { rate: format.percent(success_rate_1h) })}
          </Text>
        )}
      </Group>
    </UnstyledButton>
  );
}
