/** What becomes of an import: how far it is, what it came to, and line by line what was refused. */
import { Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDownload } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { send } from "../../../api/client.ts";
import { violationText } from "../../../api/violations.ts";
import { useFormats } from "../../../format.ts";
import { download } from "../../../parts/download.ts";
import { OperationProgress, useOperation } from "../../../parts/OperationProgress.tsx";
import { Queried } from "../../../parts/Queried.tsx";
import { useDo } from "../../../parts/useDo.ts";

interface Refused {
  line: number;
  id: string | number | null;
  field: string;
  reason: string;
}

/** So many are shown; all of them are in the file. */
const SHOWN = 100;

const COUNTS = ["created", "updated", "unchanged", "removed", "rejected"] as const;
const COLORS = { created: "teal", updated: "blue", unchanged: "gray", removed: "orange", rejected: "red" };

/** @param ended  told once it is over */
export function Result({ id, ended }: { id: string; ended: () => void }) {
  const { t } = useTranslation("data");
  const format = useFormats();
  const { data: operation } = useOperation(id);
  const over = operation !== undefined && operation.status !== "IN_PROGRESS";
  useEffect(() => {
    if (over) ended();
    // Once.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [over]);
  const result = (operation?.result ?? {}) as Partial<Record<(typeof COUNTS)[number], number>> & {
    errors?: string;
  };
  return (
    <Stack>
      <OperationProgress id={id} />
      {over && (
        <Group gap="xs">
          {COUNTS.map((count) => {
            const value = result[count];
            if (value === undefined) return null;
            return (
              <Badge key={count} color={value === 0 ? "gray" : COLORS[count]} tt="none" size="lg">
                {t(`import.counts.${count}`, { number: format.number(value) })}
              </Badge>
            );
          })}
        </Group>
      )}
      {over && result.errors !== undefined && <Refusals id={id} />}
      {over && operation.status === "SUCCESS" && result.rejected === 0 && (
        <Text size="sm">{t("import.allGood")}</Text>
      )}
    </Stack>
  );
}

function Refusals({ id }: { id: string }) {
  const { t } = useTranslation("data");
  const format = useFormats();
  const path = `/api/v1/operations/${encodeURIComponent(id)}/errors`;
  const query = useQuery({
    queryKey: ["import-errors", id],
    queryFn: ({ signal }) => firstLines(path, signal),
  });
  const fetchAll = useDo(() => download(path, `errors-${id}.csv`, { headers: { accept: "text/csv" } }));
  return (
    <Queried query={query}>
      {(refused) => (
        <>
          <Group justify="space-between">
            <Text fw={600}>{t("import.refused")}</Text>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} aria-hidden />}
              loading={fetchAll.isPending}
              onClick={() => fetchAll.mutate(undefined)}
            >
              {t("import.allErrors")}
            </Button>
          </Group>
          <Table.ScrollContainer
            minWidth={420}
            mah={420}
            type="native"
            tabIndex={0}
            role="region"
            aria-label={t("import.refused")}
          >
            <Table striped aria-label={t("import.refused")}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("import.line")}</Table.Th>
                  <Table.Th>id</Table.Th>
                  <Table.Th>{t("import.field")}</Table.Th>
                  <Table.Th>{t("import.reason")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {refused.map(({ line, id: record, field, reason }, index) => (
                  <Table.Tr key={index}>
                    <Table.Td>{format.number(line)}</Table.Td>
                    <Table.Td>{record ?? "–"}</Table.Td>
                    <Table.Td>{field}</Table.Td>
                    <Table.Td>{violationText(reason)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {refused.length === SHOWN && (
            <Text size="sm" c="dimmed">
              {t("import.firstOnly", { count: SHOWN })}
            </Text>
          )}
        </>
      )}
    </Queried>
  );
}

/** Reads no more than is shown: there may be a hundred thousand. */
async function firstLines(path: string, signal: AbortSignal): Promise<Refused[]> {
  const response = await send(path, { headers: { accept: "application/x-ndjson" }, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (; reader && text.split("\n").length <= SHOWN;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader?.cancel().catch(() => {});
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .slice(0, SHOWN)
    .map((line) => JSON.parse(line) as Refused);
}
