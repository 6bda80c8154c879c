import { Tabs } from "@mantine/core";
import { IconAdjustments, IconServer, IconStethoscope } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { useUrlState } from "../../url-state.ts";
import { Checks } from "./Checks.tsx";
import { Configuration } from "./Configuration.tsx";
import { Server } from "./Server.tsx";

/** The server: whether all is well with it, what it is, and what its YAML comes to. */
export default function SettingsPage() {
  const { t } = useTranslation("settings");
  const [{ tab }, change] = useUrlState({ tab: "checks" });
  return (
    <PageFrame title={t("common:pages.settings")} lead={t("lead")}>
      <Tabs value={tab} onChange={(next) => change({ tab: next ?? "checks" })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="checks" leftSection={<IconStethoscope size={16} aria-hidden />}>
            {t("tabs.checks")}
          </Tabs.Tab>
          <Tabs.Tab value="server" leftSection={<IconServer size={16} aria-hidden />}>
            {t("tabs.server")}
          </Tabs.Tab>
          <Tabs.Tab value="configuration" leftSection={<IconAdjustments size={16} aria-hidden />}>
            {t("tabs.configuration")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="checks">
          <Checks />
        </Tabs.Panel>
        <Tabs.Panel value="server">
          <Server />
        </Tabs.Panel>
        <Tabs.Panel value="configuration">
          <Configuration />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  );
}
