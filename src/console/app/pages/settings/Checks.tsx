import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconMinus, IconRefresh, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Queried } from "../../parts/Queried.tsx";

type Check = Schemas["SystemCheck"];

const LOOKS = {
  ok: { color: "teal", icon: IconCheck },
  warning: { color: "orange", icon: IconAlertTriangle },
  error: { color: "red", icon: IconX },
  skipped: { color: "gray", icon: IconMinus },
} as const;
/** What is wrong comes first. */
const ORDER = ["error", "warning", "ok", "skipped"] as const;

/** What `koppla doctor` looks at, each with how to mend it. */
export function Checks() {
  const { t } = useTranslation("settings");
  const query = useQuery({
    queryKey: ["checks"],
    queryFn: () => answer(api.api.v1.system.checks.get()),
    // Looking costs a connection to each receiver.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Stack maw={960}>
      <Group>
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={query.isFetching}
          onClick={() => void query.refetch()}
        >
          {t("checks.again")}
        </Button>
      </Group>
      <Queried query={query} rows={10}>
        {({ items }) => (
          <Stack gap="xs" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
            {items
              .toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status))
              .map((check) => (
                <li key={check.name}>
                  <Shown check={check} />
                </li>
              ))}
          </Stack>
        )}
      </Queried>
    </Stack>
  );
}

function Shown({ check: { name, status, message, remedy, took_ms } }: { check: Check }) {
  const { t } = useTranslation("settings");
  const format = useFormats();
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} size="sm" ff="monospace">
            {name}
          </Text>
          <Text size="sm">{message}</Text>
          {remedy !== undefined && (
            <Text size="sm" mt={4}>
              <strong>{t("checks.remedy")}</strong> {remedy}
            </Text>
          )}
        </div>
        <Stack gap={2} align="flex-end" style={{ flexShrink: 0 }}>
          <Badge color={color} leftSection={<Icon size={12} aria-hidden />} tt="none">
            {t(`checks.status.${status}`)}
          </Badge>
          <Text size="xs" c="dimmed">
            {format.duration(took_ms)}
          </Text>
        </Stack>
      </Group>
    </Paper>
  );
}
