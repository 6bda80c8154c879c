/** Help for those who integrate: a call that they put together and see answered, and what webhooks will bring. */
import { Anchor, Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { serverBase } from "../../base.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Empty } from "../../parts/states.tsx";
import { right, useTypes } from "../../parts/useTypes.ts";
import { useUrlState } from "../../url-state.ts";
import { CallBuilder } from "./CallBuilder.tsx";
import { Topics } from "./Topics.tsx";

export default function IntegratePage() {
  const { t } = useTranslation("integrate");
  const [{ tab }, change] = useUrlState({ tab: "call" });
  const query = useTypes();
  return (
    <PageFrame
      title={t("common:pages.integrate")}
      lead={t("lead")}
      actions={
        <Anchor href={`${serverBase}/docs`} target="_blank" rel="noopener">
          {t("docs")}
        </Anchor>
      }
    >
      <Tabs value={tab} onChange={(next) => change({ tab: next ?? "call" })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="call">{t("tabs.call")}</Tabs.Tab>
          <Tabs.Tab value="topics">{t("tabs.topics")}</Tabs.Tab>
        </Tabs.List>
        <Queried query={query}>
          {(types) => {
            const readable = types.filter((type) => right(type, "read"));
            if (readable.length === 0) return <Empty title={t("noTypes")} text={t("noTypesText")} />;
            return (
              <>
                <Tabs.Panel value="call">
                  <CallBuilder types={readable} />
                </Tabs.Panel>
                <Tabs.Panel value="topics">
                  <Topics types={types} />
                </Tabs.Panel>
              </>
            );
          }}
        </Queried>
      </Tabs>
    </PageFrame>
  );
}
