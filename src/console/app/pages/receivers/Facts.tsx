/** What a receiver is set to, in words. */
import { Anchor, Badge, Code, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { CopyButton } from "../../parts/CopyButton.tsx";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { type DetailedReceiver, useAccountChoice, useReceiverOptions } from "./data.ts";
import { PublicKeys } from "./PublicKeys.tsx";
import { ShownCertificates } from "./ShownCertificates.tsx";
import { useWords } from "./words.ts";

export function Facts({ receiver }: { receiver: DetailedReceiver }) {
  const { t } = useTranslation("receivers");
  const { kind } = useSession();
  const words = useWords();
  const options = useReceiverOptions();
  const { id, url, topics, format, payload, auth, bundle, retry, headers, metadata, contact } = receiver;
  const { content_filter, ordered, rate, while_disabled, signature, tls, deleted_at } = receiver;
  const lines: (readonly [string, ReactNode])[] = [
    [t("fields.url"), <Wrapped key="url">{url}</Wrapped>],
    ["id", <Copied key="id" text={id} label={t("facts.copyId")} />],
    ...(kind === "user"
      ? ([[t("fields.account"), <Account key="account" id={receiver.account_id} />]] as const)
      : []),
    [
      t("columns.topics"),
      <Group key="topics" gap={6}>
        {topics.map((topic) => (
          <Badge key={topic} color="gray" tt="none">
            {topic}
          </Badge>
        ))}
      </Group>,
    ],
    [t("facts.filter"), <Pairs key="filter" pairs={content_filter} />],
    [
      t("fields.format"),
      `${t(`format.${format}`)}${format === "changes" ? "" : ` · ${t(`payload.${payload}`)}`}`,
    ],
    [t("fields.protocol"), <Auth key="auth" auth={auth} />],
    [
      t("facts.signature"),
      <div key="signature">
        {t(`signature.${signature}`)}
        {signature === "v1a" && deleted_at === undefined && <PublicKeys id={id} />}
      </div>,
    ],
    [t("tls.title"), tls === null ? "–" : <ShownCertificates key="tls" tls={tls} />],
    [t("fields.headers"), <Pairs key="headers" pairs={headers} />],
    [t("sending.bundle"), words.bundle(bundle, format)],
    [t("sending.retry"), words.retry(retry, options.data)],
    [t("facts.order"), ordered ? t("sending.ordered") : t("facts.noOrder")],
    [
      t("facts.rate"),
      rate ? t("facts.rateOf", { requests: rate.requests, window: words.said(rate.window) }) : "–",
    ],
    [t("sending.whileDisabled"), t(`sending.${while_disabled}`)],
    [t("sending.contact"), contact ?? "–"],
    [t("facts.metadata"), <Pairs key="metadata" pairs={metadata} />],
    [t("facts.created"), <When key="created" at={receiver.created_at} exact />],
    [t("columns.modified"), <When key="modified" at={receiver.modified_at} exact />],
    ...(deleted_at === undefined
      ? []
      : ([[t("facts.deleted"), <When key="deleted" at={deleted_at} exact />]] as const)),
  ];
  return (
    <Paper withBorder p="md" component="section" aria-label={t("facts.title")}>
      <Stack gap="sm">
        <Title order={2}>{t("facts.title")}</Title>
        <Table fz="sm" layout="fixed" withRowBorders={false} verticalSpacing={6} className="facts">
          <Table.Tbody>
            {lines.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th
                  scope="row"
                  c="dimmed"
                  fw={500}
                  w={{ base: 120, sm: 220 }}
                  style={{ verticalAlign: "top", overflowWrap: "anywhere" }}
                >
                  {name}
                </Table.Th>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Paper>
  );
}

const Wrapped = ({ children }: { children: string }) => (
  <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
    {children}
  </Text>
);

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Wrapped>{text}</Wrapped>
      <CopyButton value={text} label={label} />
    </Group>
  );
}

function Account({ id }: { id: string }) {
  const { can } = useSession();
  const accounts = useAccountChoice();
  const name = accounts.data?.items.find((one) => one.id === id)?.name ?? id;
  if (!can("accounts", "read")) return id;
  return (
    <Anchor component={Link} href={`/accounts/${id}`} size="sm">
      {name}
    </Anchor>
  );
}

function Auth({ auth }: { auth: DetailedReceiver["auth"] }) {
  const { t } = useTranslation("receivers");
  const { protocol, ...rest } = auth;
  return (
    <>
      {t(`protocol.${protocol}`)}
      <Pairs pairs={rest} none="" />
    </>
  );
}

function Pairs({ pairs, none = "–" }: { pairs: Readonly<Record<string, unknown>>; none?: string }) {
  const entries = Object.entries(pairs);
  if (entries.length === 0) return none;
  return (
    <Stack gap={2}>
      {entries.map(([name, value]) => (
        <span key={name}>
          <Code>{name}</Code> {Array.isArray(value) ? value.join(", ") : String(value)}
        </span>
      ))}
    </Stack>
  );
}
