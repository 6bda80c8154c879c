/** Where a message was published: each channel with what came of every attempt, and once more where that failed. */
import { Accordion, Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Queried } from "../../parts/Queried.tsx";
import { Section } from "../../parts/Section.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";

type Publication = Schemas["Publication"];

const COLORS: Record<string, string> = {
  pending: "blue",
  published: "teal",
  failed: "red",
  unknown: "orange",
};
/** Milliseconds, while something is under way. */
const AGAIN_MS = 3_000;

export const publicationsKey = (messageId: string) => ["publications", messageId] as const;

export function Publications({ messageId }: { messageId: string }) {
  const { t } = useTranslation("messages");
  const query = useQuery({
    queryKey: publicationsKey(messageId),
    queryFn: async () =>
      (await answer(api.api.v1.publications.get({ query: { message: messageId, limit: 100 } }))).items,
    refetchInterval: ({ state }) => (state.data?.some((one) => one.state === "pending") ? AGAIN_MS : false),
  });
  return (
    <Section title={t("publications.title")} text={t("publications.text")}>
      <Queried query={query} rows={2}>
        {(items) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("publications.none")}
            </Text>
          ) : (
            <Accordion variant="contained" chevronPosition="left" order={3}>
              {items.map((one) => (
                <Accordion.Item key={one.id} value={one.id}>
                  <Accordion.Control>
                    <Group gap="sm">
                      <Text fw={500}>{one.channel}</Text>
                      <Badge color={COLORS[one.state] ?? "gray"} tt="none">
                        {t(`states.${one.state}`)}
                      </Badge>
                      <Text size="sm" c="dimmed">
                        <When at={one.changed_at} />
                      </Text>
                    </Group>
                  </Accordion.Control>
                  <Accordion.Panel>
                    <One publication={one} />
                  </Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
          )
        }
      </Queried>
    </Section>
  );
}

function One({ publication }: { publication: Publication }) {
  const { t } = useTranslation("messages");
  const format = useFormats();
  const { can } = useSession();
  const { id, message_id, state, external_id, next_attempt_at, error } = publication;
  const query = useQuery({
    queryKey: [...publicationsKey(message_id), id, publication.changed_at],
    queryFn: () => answer(api.api.v1.publications({ id }).get()),
  });
  const resend = useDo(() => answer(api.api.v1.publications({ id }).resend.post()), {
    done: () => t("publications.resent"),
    changes: [publicationsKey(message_id)],
  });
  return (
    <Stack gap="sm">
      {external_id !== null && <Text size="sm">{t("publications.externalId", { id: external_id })}</Text>}
      {next_attempt_at !== null && (
        <Text size="sm">
          {t("publications.next")} <When at={next_attempt_at} exact />
        </Text>
      )}
      {error !== null && <Text size="sm">{publication.detail ?? error}</Text>}
      <Queried query={query} rows={2}>
        {({ attempts }) =>
          attempts.length > 0 && (
            <Table.ScrollContainer minWidth={360} type="native">
              <Table aria-label={t("publications.attempts")}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("publications.number")}</Table.Th>
                    <Table.Th>{t("fields.at")}</Table.Th>
                    <Table.Th>{t("publications.took")}</Table.Th>
                    <Table.Th>{t("publications.answer")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {attempts.map((attempt) => (
                    <Table.Tr key={attempt.number}>
                      <Table.Td>{format.number(attempt.number)}</Table.Td>
                      <Table.Td>
                        <When at={attempt.at} exact />
                      </Table.Td>
                      <Table.Td>{format.duration(attempt.duration_ms)}</Table.Td>
                      <Table.Td>
                        {[attempt.status_code, attempt.detail ?? attempt.error].filter(Boolean).join(" · ")}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Queried>
      {(state === "failed" || state === "unknown") && can("deliveries", "write") && (
        <Group>
          <Button
            size="xs"
            variant="default"
            loading={resend.isPending}
            onClick={() => resend.mutate(undefined)}
          >
            {t("publications.resend")}
          </Button>
          {state === "unknown" && (
            <Text size="sm" c="dimmed">
              {t("publications.unknownText")}
            </Text>
          )}
        </Group>
      )}
    </Stack>
  );
}
