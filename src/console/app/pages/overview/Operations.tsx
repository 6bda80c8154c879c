import { Badge, Group, Paper, Progress, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Schemas } from "../../api/client.ts";
import { Empty } from "../../parts/states.tsx";
import { When } from "../../parts/When.tsx";

const COLOURS = { IN_PROGRESS: "koppla", SUCCESS: "teal", ERROR: "red" } as const;

/** What was begun last. */
export function Operations({ operations }: { operations: readonly Schemas["Operation"][] }) {
  const { t } = useTranslation("overview");
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="overview-operations">
      <Title order={2} size="h4" id="overview-operations" mb="xs">
        {t("common:pages.operations")}
      </Title>
      {operations.length === 0 ? (
        <Empty title={t("operations.none")} text={t("operations.noneText")} />
      ) : (
        <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
          {operations.map((operation) => (
            <li key={operation.id}>
              <Operation operation={operation} />
            </li>
          ))}
        </Stack>
      )}
    </Paper>
  );
}

function Operation({ operation }: { operation: Schemas["Operation"] }) {
  const { t } = useTranslation("common");
  const { id, kind, status, progress, submitted_at, submitted_by } = operation;
  const { done, total } = progress;
  return (
    <UnstyledButton
      component={Link}
      href={`/operations/${id}`}
      className="hover-row"
      p="xs"
      w="100%"
      display="block"
    >
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text size="sm" ff="monospace" truncate>
          {kind}
        </Text>
        <Badge color={COLOURS[status]} tt="none" style={{ flexShrink: 0 }}>
          {t(`operation.status.${status}`)}
        </Badge>
      </Group>
      {status === "IN_PROGRESS" && total !== null && total > 0 && (
        <Progress value={(done / total) * 100} size="sm" mt={4} aria-label={t("operation.progress")} />
      )}
      <Text size="xs" c="dimmed" mt={2}>
        <When at={submitted_at} />
        {submitted_by !== null && ` · ${submitted_by}`}
      </Text>
    </UnstyledButton>
  );
}
