/** One delivery: what was sent, every attempt and its answer, and sending it again. */
import { Alert, Badge, Button, Divider, Group, Stack, Text, Title } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { Attempts } from "./Attempts.tsx";
import { curl } from "./curl.ts";
import { deliveriesKey, type DeliveryItem, deliveryKey, isResendable, useDelivery } from "./data.ts";
import { Body, Headers } from "./Exchange.tsx";
import { ReceiverName } from "./ReceiverName.tsx";
import { Status } from "./Status.tsx";

export function DeliveryDetail({ id }: { id: string }) {
  const query = useDelivery(id);
  return (
    <Queried query={query} rows={12}>
      {(delivery) => <Shown delivery={delivery} />}
    </Queried>
  );
}

function Shown({ delivery }: { delivery: DeliveryItem }) {
  const { t } = useTranslation("deliveries");
  const { id, receiver_id, topics, status, created_at, request_headers, request_body } = delivery;
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <Stack gap={6}>
          <Group gap="xs">
            <Status status={status} />
            {topics.map((topic) => (
              <Badge key={topic} color="gray" tt="none">
                {topic}
              </Badge>
            ))}
          </Group>
          <Text size="sm">
            {t("detail.to")} <ReceiverName id={receiver_id} link /> · <When at={created_at} exact />
          </Text>
          <Group gap={4}>
            <Text size="xs" ff="monospace" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {id}
            </Text>
            <CopyButton value={id} label={t("detail.copyId")} />
          </Group>
        </Stack>
        <Resend delivery={delivery} />
      </Group>
      <Section title={t("attempts.title")}>
        <Attempts delivery={delivery} />
      </Section>
      <Section title={t("request.title")} beside={<AsCurl delivery={delivery} />}>
        {Object.keys(request_headers).length > 0 && (
          <>
            <Text size="sm" fw={600}>
              {t("request.headers")}
            </Text>
            <Headers headers={request_headers} label={t("request.headers")} />
          </>
        )}
        <Body text={request_body} label={t("request.body")} />
      </Section>
    </Stack>
  );
}

function Section({ title, beside, children }: { title: string; beside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Divider mb="sm" />
      <Group justify="space-between" mb="sm">
        <Title order={2}>{title}</Title>
        {beside}
      </Group>
      <Stack gap="sm">{children}</Stack>
    </section>
  );
}

function Resend({ delivery: { id, status } }: { delivery: DeliveryItem }) {
  const { t } = useTranslation("deliveries");
  const { can } = useSession();
  const resend = useDo(() => answer(api.api.v1.deliveries({ id }).resend.post()), {
    done: () => t("resend.done"),
    changes: [deliveryKey(id), deliveriesKey],
  });
  if (!can("deliveries", "write")) return null;
  return (
    <Button
      leftSection={<IconSend size={16} aria-hidden />}
      onClick={() => resend.mutate(undefined)}
      loading={resend.isPending}
      disabled={!isResendable(status)}
    >
      {t("resend.one")}
    </Button>
  );
}

/** The last request as a command; the receiver says where it went. */
function AsCurl({ delivery }: { delivery: DeliveryItem }) {
  const { t } = useTranslation("deliveries");
  const { can } = useSession();
  const { receiver_id: id, request_headers, request_body } = delivery;
  const { data, isError } = useQuery({
    queryKey: ["receiver", id],
    queryFn: () => answer(api.api.v1.receivers({ id }).get({ query: { include: "deleted" } })),
    enabled: can("receivers", "read"),
  });
  if (isError) return <Alert color="gray">{t("request.noUrl")}</Alert>;
  if (!data) return null;
  return <CopyButton value={curl(data.url, request_headers, request_body)} label={t("request.curl")} text />;
}
