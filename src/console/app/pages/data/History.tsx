/** What became of a record: its last version, and since when who was told what of it. */
import { Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { type Column, DataTable, type ListQuery } from "../../parts/DataTable.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import type { RecordType } from "../../parts/useTypes.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { deliveriesKey } from "../deliveries/data.ts";
import { ReceiverName } from "../deliveries/ReceiverName.tsx";
import { Status } from "../deliveries/Status.tsx";
import type { RecordOut } from "./records.ts";
import { type Delivery, type Entry, timelineOf } from "./timeline.ts";
import { ToldDrawer } from "./ToldDrawer.tsx";

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
          <Fact name={t("history.by")} value={<Who by={modified_by} through={actor} />} />
        </SimpleGrid>
      </Paper>
      {can("deliveries", "read") && <Timeline type={type} record={record} />}
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

function Who({ by, through }: { by: string | undefined; through: string | undefined }) {
  const { t } = useTranslation("data");
  return through === undefined ? (by ?? "–") : t("history.through", { who: by ?? "–", actor: through });
}

/** The list of deliveries with what is known of the record itself between them. */
function useTimeline(type: RecordType, record: RecordOut): { query: ListQuery<Entry>; told: Delivery[] } {
  const about = { object: type.object, object_id: String(record.id) };
  const query = useList<Delivery>(
    [...deliveriesKey, "of", type.name, record.id],
    "/api/v1/deliveries",
    about,
  );
  const told = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const items = timelineOf(told, record._meta, query.hasNextPage !== true);
  const data = query.data && { pages: [{ items, next_cursor: null }], pageParams: query.data.pageParams };
  return { query: { ...query, data } as ListQuery<Entry>, told };
}

function Timeline({ type, record }: { type: RecordType; record: RecordOut }) {
  const { t } = useTranslation("data");
  const [{ delivery }, change] = useUrlState({ delivery: "" });
  const { query, told } = useTimeline(type, record);
  const format = useFormats();
  const columns: Column<Entry>[] = [
    {
      key: "at",
      title: t("history.at"),
      width: "minmax(160px, 0.8fr)",
      cell: ({ at }) => (
        <time dateTime={at} title={format.dateTime(at)}>
          {format.shortDateTime(at)}
        </time>
      ),
    },
    {
      key: "what",
      title: t("history.what"),
      width: "minmax(120px, 1.6fr)",
      cell: (entry) => <What entry={entry} />,
    },
    {
      ...{ key: "who", title: t("history.who"), width: "minmax(120px, 1.4fr)", wide: true },
      cell: (entry) =>
        entry.kind === "told" ? (
          <ReceiverName id={entry.delivery.receiver_id} />
        ) : (
          <Who by={entry.by} through={entry.through} />
        ),
    },
    {
      ...{ key: "status", title: t("history.status"), width: "minmax(120px, 0.9fr)", wide: true },
      cell: (entry) => (entry.kind === "told" ? <Status status={entry.delivery.status} /> : null),
    },
  ];
  return (
    <section>
      <Title order={2}>{t("history.told")}</Title>
      <Text size="sm" c="dimmed" mb="xs" maw={720}>
        {t("history.toldText")}
      </Text>
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ key }) => key}
        label={t("history.told")}
        height="50dvh"
        selected={delivery === "" ? undefined : delivery}
        onOpen={(entry) => entry.kind === "told" && change({ delivery: entry.key })}
        empty={<Empty title={t("history.none")} />}
      />
      {told.length === 0 && !query.isPending && (
        <Text size="sm" c="dimmed" mt="xs">
          {t("history.nobody")}
        </Text>
      )}
      <ToldDrawer
        id={delivery}
        type={type}
        record={record}
        others={told}
        close={() => change({ delivery: "" }, { replace: true })}
      />
    </section>
  );
}

function What({ entry }: { entry: Entry }) {
  const { t } = useTranslation("data");
  const format = useFormats();
  if (entry.kind === "told") {
    return (
      <>
        {/* Where there is no column for it. */}
        <Text span size="sm" hiddenFrom="sm">
          <ReceiverName id={entry.delivery.receiver_id} /> ·{" "}
        </Text>
        {t("history.toldOf", { topics: entry.delivery.topics.join(", ") })}
      </>
    );
  }
  if (entry.kind === "created") return t("history.made");
  return t("history.changed", { version: format.number(entry.version) });
}
