import { Button, Text } from "@mantine/core";
import { IconBuilding, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { LANGUAGES } from "../../i18n.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { type Organisation, organisationsKey } from "./data.ts";

export function OrganisationList() {
  const { t } = useTranslation("organisations");
  const { can } = useSession();
  const [, navigate] = useLocation();
  const query = useList<Organisation>(organisationsKey, "/api/v1/organisations");
  const columns: Column<Organisation>[] = [
    {
      key: "name",
      title: t("name"),
      width: "minmax(140px, 2fr)",
      cell: ({ name }) => (
        <Text span size="sm" fw={500}>
          {name}
        </Text>
      ),
    },
    { key: "code", title: t("code"), width: "minmax(90px, 1fr)", cell: ({ code }) => code },
    {
      key: "networks",
      title: t("networks"),
      width: "minmax(120px, 1.4fr)",
      cell: ({ allowed_ips: networks }) => (networks.length === 0 ? t("everywhere") : networks.join(", ")),
      wide: true,
    },
    {
      key: "password",
      title: t("password.title"),
      width: "minmax(80px, 0.7fr)",
      cell: ({ password }) => (password ? t("password.set") : t("password.none")),
      wide: true,
    },
    {
      key: "language",
      title: t("language"),
      width: "minmax(90px, 0.7fr)",
      cell: ({ language }) => LANGUAGES[language],
      wide: true,
    },
    {
      key: "created",
      title: t("created"),
      width: "minmax(100px, 0.7fr)",
      cell: ({ created_at: at }) => <When at={at} />,
      wide: true,
    },
  ];
  return (
    <PageFrame
      title={t("common:pages.organisations")}
      lead={t("lead")}
      actions={
        can("organisations", "manage") &&
        can("system", "manage") && (
          <Button component={Link} href="/organisations/new" leftSection={<IconPlus size={16} aria-hidden />}>
            {t("add")}
          </Button>
        )
      }
    >
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ code }) => code}
        label={t("common:pages.organisations")}
        onOpen={({ code }) => navigate(`/organisations/${code}`)}
        empty={<Empty icon={IconBuilding} title={t("empty")} />}
      />
    </PageFrame>
  );
}
