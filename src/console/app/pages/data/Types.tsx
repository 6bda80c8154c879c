/** The types of the server. */
import { Anchor, Badge, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Empty } from "../../parts/states.tsx";
import { type RecordType, right, useTypes } from "../../parts/useTypes.ts";

export function Types() {
  const { t } = useTranslation("data");
  const query = useTypes();
  return (
    <PageFrame title={t("common:pages.data")} lead={t("types.lead")}>
      <Queried query={query}>
        {(types) => {
          const readable = types.filter((type) => right(type, "read"));
          if (readable.length === 0) return <Empty title={t("types.none")} text={t("types.noneText")} />;
          return (
            <SimpleGrid
              cols={{ base: 1, sm: 2, lg: 3 }}
              component="ul"
              p={0}
              m={0}
              style={{ listStyle: "none" }}
            >
              {readable.map((type) => (
                <li key={type.name}>
                  <TypeCard type={type} />
                </li>
              ))}
            </SimpleGrid>
          );
        }}
      </Queried>
    </PageFrame>
  );
}

function TypeCard({ type }: { type: RecordType }) {
  const { t } = useTranslation("data");
  const read = right(type, "read");
  const limits = [
    ...(read?.every_record === false ? [t("types.someRecords")] : []),
    ...(read?.fields !== "all" ? [t("types.someFields")] : []),
    ...(right(type, "write") ? [] : [t("types.readOnly")]),
  ];
  return (
    <Card withBorder h="100%" padding="md">
      <Stack gap="xs">
        <Title order={2}>
          <Anchor component={Link} href={`/data/${type.name}`} inherit>
            {type.name}
          </Anchor>
        </Title>
        {type.description !== "" && <Text size="sm">{type.description}</Text>}
        <Text size="sm" c="dimmed">
          {type.fields === null
            ? t("types.anyFields")
            : t("types.fields", { count: type.fields.length, fields: type.fields.slice(0, 6).join(", ") })}
        </Text>
        {limits.length > 0 && (
          <Group gap={6}>
            {limits.map((limit) => (
              <Badge key={limit} color="gray">
                {limit}
              </Badge>
            ))}
          </Group>
        )}
      </Stack>
    </Card>
  );
}
