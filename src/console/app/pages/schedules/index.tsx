import { Anchor, Badge, Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { IconCalendarTime, IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { answer, api, type Schemas } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { type Operation, OperationProgress } from "../../parts/OperationProgress.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { useUrlState } from "../../url-state.ts";

type Schedule = Schemas["Schedule"];

const EVERY_MS = 10_000;
const COLOURS = { IN_PROGRESS: "koppla", SUCCESS: "teal", ERROR: "red" } as const;

/** What runs by the clock: actions of the YAML, and the server's own chores. */
export default function SchedulesPage() {
  const { t } = useTranslation("schedules");
  const [{ schedule: open }, change] = useUrlState({ schedule: "" });
  const query = useList<Schedule>(["schedules"], "/api/v1/schedules", {}, { every: EVERY_MS });
  const shown = query.data?.pages.flatMap(({ items }) => items).find(({ name }) => name === open);
  const columns: Column<Schedule>[] = [
    {
      key: "name",
      title: t("columns.name"),
      width: "minmax(140px, 1.3fr)",
      cell: ({ name, enabled }) => (
        <>
          <span className="mono">{name}</span> {!enabled && <Badge color="gray">{t("off")}</Badge>}
        </>
      ),
    },
    {
      key: "what",
      title: t("columns.what"),
      width: "minmax(130px, 1.3fr)",
      wide: true,
      cell: ({ action, chore }) => (action === null ? t("chore", { name: chore ?? "" }) : action),
    },
    {
      key: "cron",
      title: t("columns.cron"),
      width: "minmax(120px, 1fr)",
      wide: true,
      cell: ({ cron }) => (cron === null ? t("byItself") : <span className="mono">{cron}</span>),
    },
    {
      key: "next",
      title: t("columns.next"),
      width: "minmax(100px, 0.9fr)",
      cell: ({ next_runs }) => <When at={next_runs[0]} />,
    },
    {
      key: "last",
      title: t("columns.last"),
      width: "minmax(120px, 1.1fr)",
      cell: ({ last_run, last_round_at }) =>
        last_run ? (
          <Badge color={COLOURS[last_run.status]} tt="none">
            {t(`common:operation.status.${last_run.status}`)}
          </Badge>
        ) : (
          <When at={last_round_at} />
        ),
    },
  ];
  return (
    <PageFrame title={t("common:pages.schedules")} lead={t("lead")}>
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ name }) => name}
        label={t("common:pages.schedules")}
        selected={open === "" ? undefined : open}
        onOpen={({ name }) => change({ schedule: name })}
        empty={<Empty icon={IconCalendarTime} title={t("empty.title")} text={t("empty.text")} />}
      />
      <Drawer
        opened={shown !== undefined}
        onClose={() => change({ schedule: "" })}
        position="right"
        size="lg"
        title={shown?.name ?? ""}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {shown && <Shown schedule={shown} />}
      </Drawer>
    </PageFrame>
  );
}

function Shown({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation("schedules");
  const format = useFormats();
  const { can } = useSession();
  const [asking, setAsking] = useState(false);
  const [started, setStarted] = useState<Operation>();
  const { name, description, cron, timezone, catch_up, next_runs, last_run, last_round_at, skipped_at } =
    schedule;
  return (
    <Stack>
      {description !== "" && <Text>{description}</Text>}
      {cron !== null && (
        <Text size="sm">
          <span className="mono">{cron}</span> · {timezone}
        </Text>
      )}
      {catch_up !== null && (
        <Text size="sm" c="dimmed">
          {t(`catchUp.${catch_up}`)}
        </Text>
      )}
      <div>
        <Text fw={600} size="sm">
          {t("next")}
        </Text>
        {next_runs.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("none")}
          </Text>
        ) : (
          next_runs.map((at) => (
            <Text size="sm" key={at}>
              {format.dateTime(at)}
            </Text>
          ))
        )}
      </div>
      {(last_run || last_round_at) && (
        <div>
          <Text fw={600} size="sm">
            {t("last")}
          </Text>
          {last_run ? (
            <Text size="sm" component="div">
              <When at={last_run.started_at} exact /> ·{" "}
              <Anchor component={Link} href={`/operations/${last_run.operation_id}`} size="sm">
                {t(`common:operation.status.${last_run.status}`)}
              </Anchor>
              {last_run.message !== "" && <Text size="sm">{last_run.message}</Text>}
            </Text>
          ) : (
            <When at={last_round_at} exact />
          )}
        </div>
      )}
      {skipped_at !== null && (
        <Text size="sm">
          {t("skipped")} <When at={skipped_at} exact />
        </Text>
      )}
      {can("schedules", "manage") && (
        <Group>
          <Button
            variant="default"
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
            onClick={() => setAsking(true)}
          >
            {t("run")}
          </Button>
        </Group>
      )}
      {started && <OperationProgress id={started.id} />}
      <Confirm
        question={
          asking
            ? { title: t("ask.title", { name }), text: t("ask.text"), action: t("run"), color: "koppla" }
            : undefined
        }
        run={async () => setStarted(await answer(api.api.v1.schedules({ name }).run.post()))}
        close={() => setAsking(false)}
      />
    </Stack>
  );
}
