/** The records of a type as a file: what of them, how, and how far it has come. */
import { Button, Group, MultiSelect, Paper, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { send, sendJson } from "../../../api/client.ts";
import { save } from "../../../parts/download.ts";
import { type Operation, OperationProgress, useOperation } from "../../../parts/OperationProgress.tsx";
import { PageFrame } from "../../../parts/PageFrame.tsx";
import { useDo } from "../../../parts/useDo.ts";
import type { RecordType } from "../../../parts/useTypes.ts";
import { useUrlState } from "../../../url-state.ts";
import { visibleProperties } from "../columns.tsx";
import { emptyQuestion, filtersOf } from "../RecordFilters.tsx";

export function Export({ type }: { type: RecordType }) {
  const { t } = useTranslation("data");
  // A page that is loaded anew still follows what it began.
  const beginning: Record<string, string> = { ...emptyQuestion(type), operation: "" };
  const [state, change] = useUrlState(beginning);
  const operation = state["operation"] ?? "";
  const [format, setFormat] = useState("csv");
  const [compress, setCompress] = useState("none");
  const [fields, setFields] = useState<string[]>([]);
  const asked = filtersOf(type)
    .map(({ field }) => [field, state[`filter.${field}`] ?? ""] as const)
    .filter(([, value]) => value !== "");
  const start = useDo(() =>
    sendJson<Operation>(`/api/v1/${type.name}/export`, {
      method: "POST",
      json: {
        ...{ format, compress },
        ...(fields.length > 0 && { fields }),
        ...(asked.length > 0 && { filter: Object.fromEntries(asked) }),
      },
    }),
  );
  return (
    <PageFrame
      title={t("export.title", { type: type.name })}
      lead={t("export.lead")}
      above={[
        { title: t("common:pages.data"), to: "/data" },
        { title: type.name, to: `/data/${type.name}` },
      ]}
    >
      <Stack maw={760}>
        <Paper withBorder p="md">
          <Stack>
            {asked.length > 0 && (
              <Text size="sm">
                {t("export.only", {
                  filters: asked.map(([field, value]) => `${field} = ${value}`).join(", "),
                })}
              </Text>
            )}
            <div>
              <Text size="sm" fw={500} id="export-format" mb={4}>
                {t("export.format")}
              </Text>
              <SegmentedControl
                aria-labelledby="export-format"
                value={format}
                onChange={setFormat}
                data={[
                  { value: "csv", label: "CSV" },
                  { value: "ndjson", label: "NDJSON" },
                ]}
              />
            </div>
            <Select
              label={t("export.compress")}
              value={compress}
              onChange={(next) => setCompress(next ?? "none")}
              data={[
                { value: "none", label: t("export.plain") },
                { value: "gzip", label: "gzip" },
                { value: "zstd", label: "zstd" },
              ]}
            />
            <MultiSelect
              label={t("export.fields")}
              placeholder={fields.length === 0 ? t("export.allFields") : undefined}
              data={visibleProperties(type).map(({ name }) => name)}
              value={fields}
              onChange={setFields}
              clearable
              searchable
            />
            <Group justify="flex-end">
              <Button
                loading={start.isPending}
                variant={operation === "" ? "filled" : "default"}
                onClick={() =>
                  start.mutate(undefined, {
                    onSuccess: ({ id }) => change({ operation: id }, { replace: true }),
                  })
                }
              >
                {t("export.start")}
              </Button>
            </Group>
          </Stack>
        </Paper>
        {operation !== "" && <Made key={operation} id={operation} />}
      </Stack>
    </PageFrame>
  );
}

function Made({ id }: { id: string }) {
  const { t } = useTranslation("data");
  const { data: operation } = useOperation(id);
  const fetchIt = useDo(async () => {
    const response = await send(`/api/v1/operations/${encodeURIComponent(id)}/file`);
    const [, name = "export"] =
      /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "") ?? [];
    save(await response.blob(), name);
  });
  return (
    <Paper withBorder p="md">
      <Stack>
        <OperationProgress id={id} />
        {operation?.status === "SUCCESS" && (
          <Group justify="flex-end">
            <Button
              leftSection={<IconDownload size={16} aria-hidden />}
              loading={fetchIt.isPending}
              onClick={() => fetchIt.mutate(undefined)}
            >
              {t("export.download")}
            </Button>
          </Group>
        )}
      </Stack>
    </Paper>
  );
}
