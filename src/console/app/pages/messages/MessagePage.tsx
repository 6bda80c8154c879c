/** One message: its text, its attachments, and how it stands with its channels. */
import { Anchor, Button, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconTrash } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { send, sendJson } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Section } from "../../parts/Section.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { Attachments } from "./Attachments.tsx";
import type { Message } from "./message.ts";
import { Publications } from "./Publications.tsx";

export function MessagePage({ id }: { id: string }) {
  const { t } = useTranslation("messages");
  const { can } = useSession();
  const query = useQuery({
    queryKey: ["message", id],
    queryFn: ({ signal }) => sendJson<Message>(`/api/v1/webmessages/${encodeURIComponent(id)}`, { signal }),
  });
  return (
    <PageFrame
      title={t("one.title")}
      lead={id}
      above={[{ title: t("common:pages.messages"), to: "/messages" }]}
      actions={query.data && can("webmessages", "delete") && <Remove message={query.data} />}
    >
      <Queried query={query}>
        {(message) => (
          <Stack maw={960}>
            <Facts message={message} />
            <Section title={t("fields.text")}>
              {message.message === null || message.message === "" ? (
                <Text c="dimmed" size="sm">
                  {t("fields.noText")}
                </Text>
              ) : (
                <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{message.message}</Text>
              )}
            </Section>
            {message.attachments.length > 0 && (
              <Attachments messageId={message.id} attachments={message.attachments} />
            )}
            {can("deliveries", "read") && <Publications messageId={message.id} />}
          </Stack>
        )}
      </Queried>
    </PageFrame>
  );
}

function Facts({ message }: { message: Message }) {
  const { t } = useTranslation("messages");
  const { party_id, created_at, submitted_by, external_references } = message;
  return (
    <Paper withBorder p="md">
      <SimpleGrid component="dl" m={0} cols={{ base: 1, sm: 2 }}>
        <Fact name={t("fields.party")}>
          <Anchor
            component={Link}
            href={`/messages?party=${encodeURIComponent(party_id)}`}
            size="sm"
            ff="monospace"
          >
            {party_id}
          </Anchor>
        </Fact>
        <Fact name={t("fields.at")}>
          <When at={created_at} exact />
        </Fact>
        <Fact name={t("fields.references")}>
          {external_references.map(({ key, value }) => (
            <div key={`${key}:${value}`}>
              <Anchor
                component={Link}
                href={`/messages?${new URLSearchParams({ reference: `${key}:${value}` })}`}
                size="sm"
              >
                {key}: {value}
              </Anchor>
            </div>
          ))}
        </Fact>
        <Fact name={t("fields.by")}>{submitted_by ?? "–"}</Fact>
      </SimpleGrid>
    </Paper>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} size="sm" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </div>
  );
}

function Remove({ message }: { message: Message }) {
  const { t } = useTranslation("messages");
  const format = useFormats();
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const remove = useDo(() => send(`/webmessages/${encodeURIComponent(message.id)}`, { method: "DELETE" }), {
    done: () => t("one.removed"),
    changes: [["messages"]],
    quiet: true,
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconTrash size={16} aria-hidden />}
        onClick={() => setAsking(true)}
      >
        {t("one.remove")}
      </Button>
      <Confirm
        question={
          asking
            ? {
                title: t("one.removeTitle"),
                text: t("one.removeText", {
                  party: message.party_id,
                  at: format.dateTime(message.created_at),
                  count: message.attachments.length,
                }),
                action: t("one.remove"),
              }
            : undefined
        }
        run={async () => {
          await remove.mutateAsync(undefined);
          navigate("/messages");
        }}
        close={() => setAsking(false)}
      />
    </>
  );
}
