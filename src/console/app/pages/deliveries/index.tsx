/** The webhook log: every delivery, newest first, and one of them opened beside it. */
import { Button, Drawer, Group, Switch } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useRoute, useSearch } from "wouter";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";
import { BulkResend } from "./BulkResend.tsx";
import { DeliveryDetail } from "./Detail.tsx";
import { Filters } from "./Filters.tsx";
import { lacksObject, noFilters } from "./filter.ts";
import { Log } from "./Log.tsx";
import { ObjectOf } from "./ObjectOf.tsx";

export default function DeliveriesPage() {
  const { t } = useTranslation("deliveries");
  const { can } = useSession();
  const [state, change] = useUrlState({ ...noFilters, live: "on" });
  const { live, ...filters } = state;
  const [again, setAgain] = useState(false);
  const [, params] = useRoute("/deliveries/:id");
  const search = useSearch();
  const [, navigate] = useLocation();
  const at = (id?: string) =>
    `/deliveries${id === undefined ? "" : `/${id}`}${search === "" ? "" : `?${search}`}`;
  const open = params?.id;
  return (
    <PageFrame
      title={t("common:pages.deliveries")}
      lead={t("lead")}
      actions={
        <Group gap="md">
          <Switch
            label={t("live")}
            checked={live === "on"}
            onChange={(event) =>
              change({ live: event.currentTarget.checked ? "on" : "off" }, { replace: true })
            }
          />
          {can("deliveries", "write") && (
            <Button
              variant="default"
              leftSection={<IconSend size={16} aria-hidden />}
              onClick={() => setAgain(true)}
            >
              {t("bulk.open")}
            </Button>
          )}
        </Group>
      }
    >
      <Filters filters={filters} change={change} />
      {lacksObject(filters) ? (
        <ObjectOf id={filters.object_id} choose={(object) => change({ object }, { replace: true })} />
      ) : (
        <Log
          filters={filters}
          live={live === "on"}
          selected={open}
          open={({ id }) => navigate(at(id))}
          clear={() => change(noFilters)}
        />
      )}
      <Drawer
        opened={open !== undefined}
        onClose={() => navigate(at())}
        position="right"
        size="min(880px, 100vw)"
        title={t("detail.title")}
        closeButtonProps={{ "aria-label": t("detail.close") }}
      >
        {open !== undefined && <DeliveryDetail key={open} id={open} />}
      </Drawer>
      <BulkResend opened={again} close={() => setAgain(false)} filters={filters} />
    </PageFrame>
  );
}
