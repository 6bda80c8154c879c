import { Badge, Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Empty } from "../../parts/states.tsx";
import { type Action, useActions } from "./data.ts";

/** What the YAML offers to be run. */
export function ActionList() {
  const { t } = useTranslation("actions");
  const query = useActions();
  return (
    <PageFrame title={t("common:pages.actions")} lead={t("lead")}>
      <Queried query={query}>
        {(actions) =>
          actions.length === 0 ? (
            <Empty icon={IconPlayerPlay} title={t("empty.title")} text={t("empty.text")} />
          ) : (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {actions.map((action) => (
                <Offer key={action.name} action={action} />
              ))}
            </SimpleGrid>
          )
        }
      </Queried>
    </PageFrame>
  );
}

function Offer({ action: { name, description, enabled, run } }: { action: Action }) {
  const { t } = useTranslation("actions");
  return (
    <Card
      withBorder
      component={Link}
      href={`/actions/${encodeURIComponent(name)}`}
      className="hover-card"
      td="none"
      c="inherit"
    >
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={2} size="h5" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {name}
        </Title>
        <Badge color="gray" tt="none" style={{ flexShrink: 0 }}>
          {t(`run.${run}`)}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed">
        {enabled ? description || t("noDescription") : t("disabled")}
      </Text>
    </Card>
  );
}
