/** The newest that an account did, from the audit log. */
import { Anchor, Badge, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { answer, api } from "../../api/client.ts";
import { Queried } from "../../parts/Queried.tsx";
import { When } from "../../parts/When.tsx";

const NEWEST = 10;

export function Activity({ clientId }: { clientId: string }) {
  const { t } = useTranslation("accounts");
  const subject = `account:${clientId}`;
  const query = useQuery({
    queryKey: ["audit", "of", subject],
    queryFn: () => answer(api.api.v1.audit.get({ query: { subject, limit: NEWEST } })),
  });
  return (
    <Queried query={query} rows={4}>
      {({ items }) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("activity.none")}
          </Text>
        ) : (
          <Stack gap="xs">
            <Table.ScrollContainer
              minWidth={480}
              scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("activity.title") } }}
            >
              <Table fz="sm" aria-label={t("activity.title")}>
                <Table.Tbody>
                  {items.map(({ sequence, at, action, outcome, target, address }) => (
                    <Table.Tr key={sequence}>
                      <Table.Td style={{ whiteSpace: "nowrap" }}>
                        <When at={at} exact />
                      </Table.Td>
                      <Table.Td ff="monospace">{action}</Table.Td>
                      <Table.Td>
                        {outcome === "denied" && (
                          <Badge color="red" tt="none">
                            {t("activity.denied")}
                          </Badge>
                        )}
                      </Table.Td>
                      <Table.Td style={{ overflowWrap: "anywhere" }}>{target}</Table.Td>
                      <Table.Td>{address}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
            <Anchor component={Link} href={`/audit?subject=${encodeURIComponent(subject)}`} size="sm">
              {t("activity.all")}
            </Anchor>
          </Stack>
        )
      }
    </Queried>
  );
}
