import { Badge, SimpleGrid, Stack } from "@mantine/core";
import { IconAccessPoint, IconAccessPointOff } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Loading } from "../../parts/states.tsx";
import { useSession } from "../../session.tsx";
import { type Overview, useOverview } from "./live.ts";
import { Operations } from "./Operations.tsx";
import { Receivers } from "./Receivers.tsx";
import { Totals } from "./Totals.tsx";

// Charts are a third of the page's code: the numbers do not wait for them.
const Charts = lazy(() => import("./Charts.tsx"));

export default function OverviewPage() {
  const { t } = useTranslation("overview");
  const { query, live } = useOverview();
  const Icon = live ? IconAccessPoint : IconAccessPointOff;
  return (
    <PageFrame
      title={t("common:pages.overview")}
      lead={t("lead")}
      actions={
        <Badge
          color={live ? "teal" : "gray"}
          leftSection={<Icon size={13} aria-hidden />}
          tt="none"
          role="status"
        >
          {live ? t("live") : t("waiting")}
        </Badge>
      }
    >
      <Queried query={query} rows={12}>
        {(overview) => <Content overview={overview} />}
      </Queried>
    </PageFrame>
  );
}

function Content({ overview }: { overview: Overview }) {
  const { can } = useSession();
  return (
    <Stack gap="lg">
      <Totals overview={overview} />
      <Suspense fallback={<Loading rows={7} />}>
        <Charts minutes={overview.minutes} />
      </Suspense>
      <SimpleGrid cols={{ base: 1, lg: can("operations", "read") ? 2 : 1 }} spacing="lg">
        <Receivers receivers={overview.receivers} />
        {can("operations", "read") && <Operations operations={overview.operations} />}
      </SimpleGrid>
    </Stack>
  );
}
