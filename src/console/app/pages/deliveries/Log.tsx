import { Badge, Button, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { deliveriesKey, type Delivery, useReceiverNames } from "./data.ts";
import { isFiltered, type LogFilters, queryOf } from "./filter.ts";
import { Named, ReceiverName } from "./ReceiverName.tsx";
import { Status } from "./Status.tsx";

/** How often the beginning of the log is looked at anew. */
const LIVE_MS = 2_000;

export function Log({
  filters,
  live,
  selected,
  open,
  clear,
}: {
  filters: LogFilters;
  live: boolean;
  selected: string | undefined;
  open: (delivery: Delivery) => void;
  clear: () => void;
}) {
  const { t } = useTranslation("deliveries");
  const format = useFormats();
  const names = useReceiverNames().data?.byId;
  const query = useList<Delivery>(deliveriesKey, "/api/v1/deliveries", queryOf(filters), {
    every: live && LIVE_MS,
  });
  const columns: Column<Delivery>[] = [
    {
      key: "at",
      title: t("columns.at"),
      width: "minmax(190px, 1.1fr)",
      wide: true,
      // A tooltip and a timer for each row would be most of the work of scrolling.
      cell: ({ created_at }) => <time dateTime={created_at}>{format.dateTime(created_at)}</time>,
    },
    {
      key: "status",
      title: t("columns.status"),
      width: "minmax(152px, 0.8fr)",
      cell: ({ status }) => <Status status={status} />,
    },
    {
      key: "receiver",
      title: t("columns.receiver"),
      width: "minmax(96px, 1.4fr)",
      cell: ({ receiver_id: id }) => {
        const found = names?.get(id);
        return found ? <Named id={id} found={found} /> : <ReceiverName id={id} />;
      },
    },
    {
      key: "topics",
      title: t("columns.topics"),
      width: "minmax(130px, 1.6fr)",
      wide: true,
      cell: ({ topics }) => <Topics topics={topics} />,
    },
    {
      key: "answer",
      title: t("columns.answer"),
      width: "minmax(70px, 1fr)",
      cell: ({ status_code, error }) => <Answer code={status_code} error={error} />,
    },
    {
      key: "attempts",
      title: t("columns.attempts"),
      width: "110px",
      wide: true,
      align: "right",
      cell: ({ attempts }) => format.number(attempts),
    },
    {
      key: "next",
      title: t("columns.next"),
      width: "minmax(100px, 0.9fr)",
      wide: true,
      cell: ({ next_attempt_at: at }) => (at === null ? "–" : <When at={at} />),
    },
  ];
  return (
    <DataTable
      query={query}
      columns={columns}
      rowKey={({ id }) => id}
      label={t("common:pages.deliveries")}
      height="max(360px, calc(100dvh - 340px))"
      onOpen={open}
      selected={selected}
      empty={
        isFiltered(filters) ? (
          <Empty
            title={t("empty.filtered")}
            text={t("empty.filteredText")}
            action={
              <Button variant="default" onClick={clear}>
                {t("filters.clear")}
              </Button>
            }
          />
        ) : (
          <Empty title={t("empty.title")} text={t("empty.text")} />
        )
      }
    />
  );
}

function Topics({ topics }: { topics: readonly string[] }) {
  const [first, ...others] = topics;
  if (first === undefined) return null;
  return (
    <span title={topics.join(", ")}>
      {first}
      {others.length > 0 && (
        <Badge color="gray" ml={6} size="sm">
          +{others.length}
        </Badge>
      )}
    </span>
  );
}

function Answer({ code, error }: { code: number | null; error: Delivery["error"] }) {
  const { t } = useTranslation("deliveries");
  if (code === null && error === null)
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  const why = error !== null && error !== "status" ? t(`errorShort.${error}`) : undefined;
  return (
    <span title={why}>{[code, why].filter((part) => part !== null && part !== undefined).join(" · ")}</span>
  );
}
