/** What was sent, and what came back: headers and bodies, to be read by people. */
import { Group, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { CodeBox, pretty } from "../../parts/CodeBox.tsx";

export function Headers({ headers, label }: { headers: Readonly<Record<string, string>>; label: string }) {
  const { t } = useTranslation("deliveries");
  const entries = Object.entries(headers);
  if (entries.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("request.none")}
      </Text>
    );
  }
  return (
    <Table.ScrollContainer
      minWidth={280}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": label } }}
    >
      <Table layout="auto" fz="xs" verticalSpacing={4} aria-label={label}>
        <Table.Tbody>
          {entries.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" ff="monospace" fw={600} style={{ whiteSpace: "nowrap" }}>
                {name}
              </Table.Th>
              <Table.Td ff="monospace" style={{ overflowWrap: "anywhere" }}>
                {value}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** A body, laid out or as it was; what is no JSON is only as it was. */
export function Body({ text, label, beside }: { text: string; label: string; beside?: ReactNode }) {
  const { t } = useTranslation("deliveries");
  const [how, setHow] = useState("pretty");
  const laidOut = pretty(text);
  const choice = laidOut !== text;
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Group gap="xs">
          {beside}
          {choice && (
            <SegmentedControl
              size="xs"
              value={how}
              onChange={setHow}
              aria-label={t("body.how")}
              data={[
                { value: "pretty", label: t("body.pretty") },
                { value: "raw", label: t("body.raw") },
              ]}
            />
          )}
        </Group>
      </Group>
      {text === "" ? (
        <Text size="sm" c="dimmed">
          {t("body.empty")}
        </Text>
      ) : (
        <CodeBox text={how === "pretty" ? laidOut : text} label={label} wrap={how === "raw"} />
      )}
    </Stack>
  );
}
