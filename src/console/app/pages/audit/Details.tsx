/** One event, all of it. */
import { ActionIcon, Badge, Drawer, Group, Stack, Table, Text, Tooltip } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../format.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import type { AuditEvent, AuditFilters } from "./filter.ts";

export function Details({
  event,
  close,
  narrow,
}: {
  event: AuditEvent | undefined;
  close: () => void;
  /** Shows those alone that have this in common. */
  narrow: (by: Partial<AuditFilters>) => void;
}) {
  const { t } = useTranslation("audit");
  return (
    <Drawer
      opened={event !== undefined}
      onClose={close}
      position="right"
      size="lg"
      title={t("event")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {event && <Shown event={event} narrow={narrow} />}
    </Drawer>
  );
}

function Shown({ event, narrow }: { event: AuditEvent; narrow: (by: Partial<AuditFilters>) => void }) {
  const { t } = useTranslation("audit");
  const format = useFormats();
  const { action, subject, target } = event;
  const rows: [string, string | null, Partial<AuditFilters>?][] = [
    [t("columns.at"), format.dateTime(event.at)],
    [t("columns.action"), action, { action }],
    [t("columns.subject"), subject, { subject: subject ?? "" }],
    [t("actor"), event.actor],
    [t("client"), event.client],
    [t("columns.target"), target, { target: target ?? "" }],
    [t("columns.address"), event.address],
    [t("request"), event.request_id],
    [t("sequence"), format.number(event.sequence)],
  ];
  return (
    <Stack>
      <Badge color={event.outcome === "denied" ? "red" : "teal"} tt="none" size="lg">
        {t(`outcome.${event.outcome}`)}
      </Badge>
      <Table variant="vertical" layout="fixed">
        <Table.Tbody>
          {rows
            .filter(([, value]) => value !== null)
            .map(([label, value, by]) => (
              <Table.Tr key={label}>
                <Table.Th w={130} scope="row">
                  {label}
                </Table.Th>
                <Table.Td>
                  <Group gap={4} justify="space-between" wrap="nowrap">
                    <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                      {value}
                    </Text>
                    {by && (
                      <Tooltip label={t("narrow", { value })}>
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          onClick={() => narrow(by)}
                          aria-label={t("narrow", { value })}
                        >
                          <IconFilter size={16} aria-hidden />
                        </ActionIcon>
                      </Tooltip>
                    )}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
      <CodeBox text={JSON.stringify(event.detail, null, 2)} label={t("detail")} wrap />
      <div>
        <Text size="xs" c="dimmed">
          {t("hash")}
        </Text>
        <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {event.hash}
        </Text>
        <Text size="xs" c="dimmed" mt={4}>
          {t("hashText")}
        </Text>
      </div>
    </Stack>
  );
}
