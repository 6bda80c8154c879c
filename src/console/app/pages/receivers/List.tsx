import { Button, Group, Switch, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { NothingFound, SearchField } from "../../parts/SearchField.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { type Receiver, receiversKey, stateOf, useAccountChoice } from "./data.ts";
import { State } from "./State.tsx";

const EVERY_MS = 15_000;

export function ReceiverList() {
  const { t } = useTranslation("receivers");
  const { can, kind } = useSession();
  const [{ deleted, search }, change] = useUrlState({ deleted: "", search: "" });
  const [, navigate] = useLocation();
  const query = useList<Receiver>(
    receiversKey,
    "/api/v1/receivers",
    { include: deleted === "yes" ? "deleted" : "", search },
    { every: EVERY_MS },
  );
  const accounts = useAccountChoice();
  const names = new Map((accounts.data?.items ?? []).map(({ id, name }) => [id, name]));
  const columns: Column<Receiver>[] = [
    {
      key: "name",
      title: t("columns.name"),
      width: "minmax(120px, 1.4fr)",
      cell: ({ name }) => <span title={name}>{name}</span>,
    },
    {
      key: "state",
      title: t("columns.state"),
      width: "minmax(120px, 0.8fr)",
      cell: (receiver) => <State state={stateOf(receiver)} />,
    },
    {
      key: "url",
      title: t("columns.url"),
      width: "minmax(180px, 2fr)",
      wide: true,
      cell: ({ url }) => <span title={url}>{url}</span>,
    },
    {
      key: "topics",
      title: t("columns.topics"),
      width: "minmax(140px, 1.4fr)",
      wide: true,
      cell: ({ topics }) => <span title={topics.join(", ")}>{topics.join(", ")}</span>,
    },
    ...(kind === "user" && can("accounts", "read")
      ? [
          {
            key: "account",
            title: t("columns.account"),
            width: "minmax(120px, 1fr)",
            wide: true,
            cell: ({ account_id }: Receiver) => names.get(account_id) ?? account_id,
          },
        ]
      : []),
    {
      key: "modified",
      title: t("columns.modified"),
      width: "minmax(110px, 0.8fr)",
      wide: true,
      cell: ({ modified_at }) => <When at={modified_at} />,
    },
  ];
  const create = can("receivers", "manage") && (
    <Button component={Link} href="/receivers/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t("new")}
    </Button>
  );
  return (
    <PageFrame title={t("common:pages.receivers")} lead={t("lead")} actions={create}>
      <Group>
        <SearchField
          placeholder={t("search")}
          value={search}
          change={(next) => change({ search: next }, { replace: true })}
        />
        <Switch
          label={t("showDeleted")}
          checked={deleted === "yes"}
          onChange={(event) => change({ deleted: event.currentTarget.checked ? "yes" : "" })}
        />
      </Group>
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        label={t("common:pages.receivers")}
        onOpen={({ id }) => navigate(`/receivers/${id}`)}
        empty={
          search === "" ? (
            <Empty title={t("empty.title")} text={<Text span>{t("empty.text")}</Text>} action={create} />
          ) : (
            <NothingFound clear={() => change({ search: "" })} />
          )
        }
      />
    </PageFrame>
  );
}
