import { Button, Group, Switch } from "@mantine/core";
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
import { type Account, accountsKey, lastUse, stateOf } from "./data.ts";
import { State } from "./State.tsx";
import { useGrantWords } from "./words.ts";

export function AccountList() {
  const { t } = useTranslation("accounts");
  const { can } = useSession();
  const words = useGrantWords();
  const [{ deleted, search }, change] = useUrlState({ deleted: "", search: "" });
  const [, navigate] = useLocation();
  const query = useList<Account>(accountsKey, "/api/v1/accounts", {
    include: deleted === "yes" ? "deleted" : "",
    search,
  });
  const columns: Column<Account>[] = [
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
      cell: (account) => <State state={stateOf(account, Date.now())} />,
    },
    {
      key: "may",
      title: t("columns.may"),
      width: "minmax(180px, 2.4fr)",
      wide: true,
      cell: ({ grants }) => {
        const text = grants.map((grant) => words.grant(grant)).join("; ");
        return <span title={text}>{text}</span>;
      },
    },
    {
      key: "totp",
      title: t("columns.totp"),
      width: "80px",
      wide: true,
      cell: ({ totp }) => (totp ? t("columns.yes") : "–"),
    },
    {
      key: "used",
      title: t("columns.used"),
      width: "minmax(110px, 0.9fr)",
      wide: true,
      cell: (account) => <When at={lastUse(account)} />,
    },
    {
      key: "expires",
      title: t("columns.expires"),
      width: "minmax(110px, 0.9fr)",
      wide: true,
      cell: ({ expires_at }) => <When at={expires_at} />,
    },
  ];
  const create = can("accounts", "manage") && (
    <Button component={Link} href="/accounts/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t("new")}
    </Button>
  );
  return (
    <PageFrame title={t("common:pages.accounts")} lead={t("lead")} actions={create}>
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
        label={t("common:pages.accounts")}
        onOpen={({ id }) => navigate(`/accounts/${id}`)}
        empty={
          search === "" ? (
            <Empty title={t("empty.title")} text={t("empty.text")} action={create} />
          ) : (
            <NothingFound clear={() => change({ search: "" })} />
          )
        }
      />
    </PageFrame>
  );
}
