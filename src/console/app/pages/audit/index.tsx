/** Who did what, to what, from where; also what was refused. */
import { Badge, Button, Menu, Text } from "@mantine/core";
import { IconDownload, IconHistory, IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { download } from "../../parts/download.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Empty, Loading } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { Details } from "./Details.tsx";
import { type AuditEvent, actionsIn, isFiltered, noFilters, queryOf } from "./filter.ts";
import { Filters } from "./Filters.tsx";
import { Verify } from "./Verify.tsx";

const FORMATS = { csv: "text/csv", ndjson: "application/x-ndjson" } as const;

export default function AuditPage() {
  const { t } = useTranslation("audit");
  const { can } = useSession();
  const [verifying, setVerifying] = useState(false);
  const [{ event: open, ...filters }, change] = useUrlState({ ...noFilters, event: "" });
  const wanted = queryOf(filters);
  const query = useList<AuditEvent>(["audit"], "/api/v1/audit", wanted);
  const events = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const file = useDo((format: keyof typeof FORMATS) =>
    download(`/api/v1/audit?${new URLSearchParams(wanted)}`, `audit.${format}`, {
      headers: { accept: FORMATS[format] },
    }),
  );
  const columns: Column<AuditEvent>[] = [
    { key: "at", title: t("columns.at"), width: "minmax(110px, 0.8fr)", cell: ({ at }) => <When at={at} /> },
    {
      key: "action",
      title: t("columns.action"),
      width: "minmax(130px, 1.2fr)",
      cell: ({ action, outcome }) => (
        <>
          <Text span size="sm" ff="monospace">
            {action}
          </Text>
          {outcome === "denied" && (
            <Badge color="red" ml={6} tt="none">
              {t("outcome.denied")}
            </Badge>
          )}
        </>
      ),
    },
    {
      key: "subject",
      title: t("columns.subject"),
      width: "minmax(120px, 1.3fr)",
      cell: ({ subject, actor }) =>
        actor === null ? (subject ?? "–") : t("by", { subject: subject ?? "–", actor }),
    },
    {
      key: "target",
      title: t("columns.target"),
      width: "minmax(140px, 1.5fr)",
      cell: ({ target }) => target ?? "–",
      wide: true,
    },
    {
      key: "address",
      title: t("columns.address"),
      width: "minmax(110px, 0.7fr)",
      cell: ({ address }) => address ?? "–",
      wide: true,
    },
  ];
  const shown = open === "" ? undefined : events.find(({ sequence }) => String(sequence) === open);
  return (
    <PageFrame
      title={t("common:pages.audit")}
      lead={t("lead")}
      actions={
        <>
          {can("system", "manage") && (
            <Button
              variant="default"
              leftSection={<IconShieldCheck size={16} aria-hidden />}
              onClick={() => setVerifying(true)}
            >
              {t("verify.open")}
            </Button>
          )}
          <Menu position="bottom-end">
            <Menu.Target>
              <Button
                variant="default"
                loading={file.isPending}
                leftSection={<IconDownload size={16} aria-hidden />}
              >
                {t("export")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => file.mutate("csv")}>{t("csv")}</Menu.Item>
              <Menu.Item onClick={() => file.mutate("ndjson")}>{t("ndjson")}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      }
    >
      <Filters filters={filters} change={change} actions={actionsIn(events)} />
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ sequence }) => String(sequence)}
        label={t("common:pages.audit")}
        selected={open === "" ? undefined : open}
        onOpen={({ sequence }) => change({ event: String(sequence) })}
        empty={
          query.hasNextPage ? (
            // What is rare is looked for in parts of the log, and the table asks for the next by itself.
            <Loading />
          ) : isFiltered(filters) ? (
            <Empty
              icon={IconHistory}
              title={t("noneFound")}
              action={
                <Button variant="default" onClick={() => change(noFilters)}>
                  {t("filters.clear")}
                </Button>
              }
            />
          ) : (
            <Empty icon={IconHistory} title={t("empty")} />
          )
        }
      />
      <Verify opened={verifying} close={() => setVerifying(false)} />
      <Details
        event={shown}
        close={() => change({ event: "" })}
        narrow={(by) => change({ ...by, event: "" })}
      />
    </PageFrame>
  );
}
