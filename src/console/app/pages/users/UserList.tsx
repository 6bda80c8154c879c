import { Badge, Button, Group, Text } from "@mantine/core";
import { IconPlus, IconUsers } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { Schemas } from "../../api/client.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { NothingFound, SearchField } from "../../parts/SearchField.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";

type User = Schemas["User"];

export function UserList() {
  const { t } = useTranslation("users");
  const { can } = useSession();
  const [, navigate] = useLocation();
  const [{ search }, change] = useUrlState({ search: "" });
  const query = useList<User>(["users"], "/api/v1/users", { search });
  const columns: Column<User>[] = [
    {
      key: "username",
      title: t("columns.username"),
      width: "minmax(130px, 1.4fr)",
      cell: ({ username, name }) => (
        <>
          <Text span size="sm" fw={500}>
            {username}
          </Text>
          {name !== "" && (
            <Text span size="sm" c="dimmed">
              {" "}
              {name}
            </Text>
          )}
        </>
      ),
    },
    {
      key: "email",
      title: t("columns.email"),
      width: "minmax(150px, 1.4fr)",
      cell: ({ email }) => email,
      wide: true,
    },
    {
      key: "roles",
      title: t("columns.roles"),
      width: "minmax(110px, 1.2fr)",
      cell: ({ roles }) => (roles.length === 0 ? "–" : roles.join(", ")),
    },
    {
      key: "login",
      title: t("columns.login"),
      width: "minmax(90px, 1fr)",
      cell: ({ totp }) => (totp ? t("totp.asked") : t("totp.notAsked")),
      wide: true,
    },
    {
      key: "last",
      title: t("columns.last"),
      width: "minmax(100px, 0.8fr)",
      cell: ({ last_login_at }) => <When at={last_login_at} />,
      wide: true,
    },
    {
      key: "state",
      title: t("columns.state"),
      width: "100px",
      cell: ({ enabled }) => (
        <Badge color={enabled ? "teal" : "gray"} tt="none">
          {enabled ? t("state.enabled") : t("state.disabled")}
        </Badge>
      ),
    },
  ];
  const add = can("users", "manage") && (
    <Button component={Link} href="/users/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t("add")}
    </Button>
  );
  return (
    <PageFrame title={t("common:pages.users")} lead={t("lead")} actions={<Group>{add}</Group>}>
      <SearchField
        placeholder={t("search")}
        value={search}
        change={(next) => change({ search: next }, { replace: true })}
      />
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        label={t("common:pages.users")}
        onOpen={({ id }) => navigate(`/users/${id}`)}
        empty={
          search === "" ? (
            <Empty icon={IconUsers} title={t("empty")} text={t("emptyText")} />
          ) : (
            <NothingFound clear={() => change({ search: "" })} />
          )
        }
      />
    </PageFrame>
  );
}
