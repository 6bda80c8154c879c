import { Button, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconProgress } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { useFormats } from "../../format.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import type { Operation } from "../../parts/OperationProgress.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Empty } from "../../parts/states.tsx";
import { useList } from "../../parts/useList.ts";
import { When } from "../../parts/When.tsx";
import { useUrlState } from "../../url-state.ts";
import { OperationStatus } from "./OperationStatus.tsx";

const STATUSES = ["IN_PROGRESS", "SUCCESS", "ERROR"] as const;
const EVERY_MS = 3_000;
/** After the last key. */
const TYPED_MS = 400;

export function OperationList() {
  const { t } = useTranslation("operations");
  const format = useFormats();
  const [, navigate] = useLocation();
  const [filters, change] = useUrlState({ status: "", kind: "", submitted_by: "" });
  const query = useList<Operation>(["operations"], "/api/v1/operations", filters, { every: EVERY_MS });
  const type = useDebouncedCallback(
    (name: "kind" | "submitted_by", value: string) => change({ [name]: value.trim() }, { replace: true }),
    TYPED_MS,
  );
  const filtered = Object.values(filters).some((value) => value !== "");
  const columns: Column<Operation>[] = [
    {
      key: "submitted",
      title: t("columns.submitted"),
      width: "minmax(100px, 0.8fr)",
      cell: ({ submitted_at }) => <When at={submitted_at} />,
    },
    {
      key: "kind",
      title: t("columns.kind"),
      width: "minmax(130px, 1.4fr)",
      cell: ({ kind }) => <span className="mono">{kind}</span>,
    },
    {
      key: "status",
      title: t("columns.status"),
      width: "minmax(120px, 0.9fr)",
      cell: ({ status }) => <OperationStatus status={status} />,
    },
    {
      key: "progress",
      title: t("columns.progress"),
      width: "minmax(110px, 0.8fr)",
      align: "right",
      wide: true,
      cell: ({ progress: { done, total } }) =>
        total === null ? format.number(done) : `${format.number(done)} / ${format.number(total)}`,
    },
    {
      key: "by",
      title: t("columns.by"),
      width: "minmax(120px, 1.1fr)",
      wide: true,
      cell: ({ submitted_by }) => submitted_by ?? "–",
    },
    {
      key: "message",
      title: t("columns.message"),
      width: "minmax(140px, 2fr)",
      wide: true,
      cell: ({ message }) => <span title={message}>{message}</span>,
    },
  ];
  return (
    <PageFrame title={t("common:pages.operations")} lead={t("lead")}>
      <Group align="flex-end" gap="sm">
        <Select
          label={t("columns.status")}
          placeholder={t("any")}
          clearable
          value={filters.status === "" ? null : filters.status}
          data={STATUSES.map((status) => ({ value: status, label: t(`common:operation.status.${status}`) }))}
          onChange={(status) => change({ status: status ?? "" })}
        />
        <TextInput
          label={t("columns.kind")}
          placeholder="trainings.import"
          defaultValue={filters.kind}
          key={`kind ${filters.kind === ""}`}
          onChange={(event) => type("kind", event.currentTarget.value)}
        />
        <TextInput
          label={t("columns.by")}
          placeholder="user:anna"
          defaultValue={filters.submitted_by}
          key={`by ${filters.submitted_by === ""}`}
          onChange={(event) => type("submitted_by", event.currentTarget.value)}
        />
        {filtered && (
          <Button variant="subtle" onClick={() => change({ status: "", kind: "", submitted_by: "" })}>
            {t("clear")}
          </Button>
        )}
      </Group>
      <DataTable
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        label={t("common:pages.operations")}
        onOpen={({ id }) => navigate(`/operations/${id}`)}
        empty={
          <Empty
            icon={IconProgress}
            title={filtered ? t("noneFound") : t("empty.title")}
            {...(!filtered && { text: t("empty.text") })}
          />
        }
      />
    </PageFrame>
  );
}
