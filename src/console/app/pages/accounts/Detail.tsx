/** One account: what it may do, its tokens, its links to the portal, and what it did. */
import { Alert, Button, Group, Menu, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { IconChevronDown, IconPencil } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { CopyButton } from "../../parts/CopyButton.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { Activity } from "./Activity.tsx";
import { type Account, lastUse, stateOf, useAccount } from "./data.ts";
import { GrantList } from "./GrantList.tsx";
import { PortalLinks } from "./PortalLinks.tsx";
import { State } from "./State.tsx";
import { DeleteAccount, SwitchAccount } from "./Switches.tsx";
import { Tokens } from "./Tokens.tsx";
import { Totp } from "./Totp.tsx";

export function AccountPage({ id }: { id: string }) {
  const { t } = useTranslation("accounts");
  const query = useAccount(id);
  const account = query.data;
  return (
    <PageFrame
      title={account?.name ?? t("common:pages.accounts")}
      lead={account?.description || undefined}
      above={[{ title: t("common:pages.accounts"), to: "/accounts" }]}
      actions={account && <Actions account={account} />}
    >
      <Queried query={query}>{(found) => <Shown account={found} />}</Queried>
    </PageFrame>
  );
}

function Shown({ account }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const { can } = useSession();
  const { deleted_at, provisioned } = account;
  const manage = can("accounts", "manage") && deleted_at === undefined;
  return (
    <Stack maw={1000}>
      <Group>
        <State state={stateOf(account, Date.now())} />
      </Group>
      {deleted_at !== undefined && <Alert color="gray">{t("detail.deleted")}</Alert>}
      {provisioned && <Alert color="gray">{t("detail.provisioned")}</Alert>}
      <Part title={t("detail.may")}>
        <GrantList grants={account.grants} />
      </Part>
      <Part title={t("detail.access")}>
        <Facts account={account} />
      </Part>
      {deleted_at === undefined && (
        <>
          <Part title={t("tokens.title")}>
            <Tokens account={account} manage={manage} />
          </Part>
          <Part title={t("totp.title")}>
            <Totp account={account} manage={manage} />
          </Part>
          {can("accounts", "manage") && (
            <Part title={t("links.title")}>
              <PortalLinks account={account} />
            </Part>
          )}
        </>
      )}
      {can("audit", "read") && (
        <Part title={t("activity.title")}>
          <Activity clientId={account.client_id} />
        </Part>
      )}
    </Stack>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        <Title order={2}>{title}</Title>
        {children}
      </Stack>
    </Paper>
  );
}

function Facts({ account }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const { client_id, allowed_ips, expires_at, token, created_at, modified_at } = account;
  const { dpop, redirect_uris } = account;
  const lines: (readonly [string, ReactNode])[] = [
    [
      t("clientId"),
      <Group key="client" gap={4} wrap="nowrap">
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {client_id}
        </Text>
        <CopyButton value={client_id} label={t("clientId")} />
      </Group>,
    ],
    [t("form.networks"), allowed_ips.length === 0 ? t("review.anywhere") : allowed_ips.join(", ")],
    [t("form.expires"), expires_at === null ? t("detail.never") : <When key="end" at={expires_at} exact />],
    [t("form.kind"), t(`kind.${token.kind}`)],
    [t("form.life"), token.life],
    ...(token.audience === undefined ? [] : ([[t("form.audience"), token.audience]] as const)),
    ...(token.refresh ? ([[t("detail.refresh"), t("columns.yes")]] as const) : []),
    ...(dpop ? ([[t("form.dpop"), t("columns.yes")]] as const) : []),
    ...(redirect_uris.length === 0 ? [] : ([[t("form.redirects"), redirect_uris.join(", ")]] as const)),
    [t("columns.used"), <When key="used" at={lastUse(account)} />],
    [t("detail.created"), <When key="created" at={created_at} exact />],
    [t("detail.modified"), <When key="modified" at={modified_at} exact />],
  ];
  return (
    <Table fz="sm" layout="fixed" withRowBorders={false} verticalSpacing={6}>
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
  );
}

function Actions({ account }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const { can } = useSession();
  const [opened, setOpened] = useState<"switch" | "delete">();
  const { id, enabled, deleted_at, provisioned } = account;
  if (!can("accounts", "manage") || deleted_at !== undefined) return null;
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            {t("actions.more")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpened("switch")}>
            {enabled ? t("actions.disable") : t("actions.enable")}
          </Menu.Item>
          {provisioned !== true && (
            <Menu.Item color="red" onClick={() => setOpened("delete")}>
              {t("actions.delete")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {provisioned !== true && (
        <Button
          component={Link}
          href={`/accounts/${id}/edit`}
          leftSection={<IconPencil size={16} aria-hidden />}
        >
          {t("actions.edit")}
        </Button>
      )}
      <SwitchAccount account={account} opened={opened === "switch"} close={() => setOpened(undefined)} />
      <DeleteAccount account={account} opened={opened === "delete"} close={() => setOpened(undefined)} />
    </>
  );
}
