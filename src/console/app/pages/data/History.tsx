/** What became of a record: its versions as far as they are known, and who was told of its changes. */
import { Anchor, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Schemas } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import type { RecordType } from "../../parts/useTypes.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import type { RecordOut } from "./records.ts";

type Delivery = Schemas["Delivery"];

export function History({ type, record }: { type: RecordType; record: RecordOut }) {
  const { t } = useTranslation("data");
  const { can } = useSession();
  const format = useFormats();
  const { version, created_at, modified_at, modified_by, actor } = record._meta;
  return (
    <Stack>
      <Paper withBorder p="md">
        <SimpleGrid component="dl" m={0} cols={{ base: 1, xs: 2, md: 4 }}>
          <Fact name={t("history.version")} value={format.number(version)} />
          <Fact name={t("history.created")} value={<When at={created_at} exact />} />
          <Fact name={t("history.modified")} value={<When at={modified_at} exact />} />
          <Fact
            name={t("history.by")}
            value={
              actor === undefined
                ? (modified_by ?? "–")
                : t("history.through", { who: modified_by ?? "–", actor })
            }
          />
        </SimpleGrid>
      </Paper>
      {can("deliveries", "read") && <Told type={type} id={record.id} />}
    </Stack>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} size="sm" style={{ overflowWrap: "anywhere" }}>
        {value}
      </Text>
    </div>
  );
}

function Told({ type, id }: { type: RecordType; id: string | number }) {
  const { t } = useTranslation("data");
  const about = { object: type.object, object_id: String(id) };
  const query = useList<Delivery>(["deliveries", "of", type.name, id], "/api/v1/deliveries", about);
  const columns: Column<Delivery>[] = [
    {
      key: "at",
      title: t("history.at"),
      width: "minmax(110px, 1fr)",
      cell: (row) => <When at={row.created_at} exact />,
    },
    {
      key: "topics",
      title: t("history.topics"),
      width: "minmax(120px, 1.5fr)",
      cell: (row) => row.topics.join(", "),
    },
    {
      key: "status",
      title: t("history.status"),
      width: "minmax(90px, 1fr)",
      cell: (row) => t(`history.states.${row.status}`),
    },
    {
      ...{ key: "delivery", title: t("history.delivery"), width: "minmax(120px, 1.5fr)", wide: true },
      cell: (row) => (
        <Anchor component={Link} href={`/deliveries?${new URLSearchParams(about)}`} size="sm" ff="monospace">
          {row.id}
        </Anchor>
      ),
    },
  ];
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <div>
          <Title order={2}>{t("history.told")}</Title>
          <Text size="sm" c="dimmed">
            {t("history.toldText")}
          </Text>
        </div>
      </Group>
      <DataTable
        query={query}
        columns={columns}
        rowKey={(row) => row.id}
        label={t("history.told")}
        height="50dvh"
        empty={<Empty title={t("history.none")} text={t("history.noneText")} />}
      />
    </section>
  );
}
