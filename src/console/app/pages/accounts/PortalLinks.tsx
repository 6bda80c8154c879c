/** Links that let a partner look after this account's receivers: handed out, listed, taken back. */
import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Secret } from "../../parts/Secret.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { milliseconds } from "../receivers/duration.ts";
import { type Account, linksKey, type PortalLink, useLinks } from "./data.ts";

const lives = ["1d", "7d", "30d", "90d"] as const;

export function PortalLinks({ account: { id, name } }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const query = useLinks(id);
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<PortalLink>();
  const path = `/api/v1/accounts/${encodeURIComponent(id)}/portal-links`;
  const revoke = useDo((link: string) => sendJson<void>(`${path}/${link}`, { method: "DELETE" }), {
    ...{ quiet: true, changes: [linksKey(id)], done: () => t("links.revoked") },
  });
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("links.text")}
      </Text>
      <Queried query={query} rows={2}>
        {(links) => (links.length === 0 ? null : <Links links={links} revoke={setRevoked} />)}
      </Queried>
      <Button
        variant="default"
        leftSection={<IconLink size={16} aria-hidden />}
        onClick={() => setMaking(true)}
        style={{ alignSelf: "flex-start" }}
      >
        {t("links.make")}
      </Button>
      {making && <NewLink path={path} id={id} close={() => setMaking(false)} />}
      <Confirm
        question={
          revoked && {
            title: t("links.revokeTitle", { name: revoked.label || name }),
            ...{ text: t("links.revokeText"), action: t("links.revoke") },
          }
        }
        run={async () => revoked && (await revoke.mutateAsync(revoked.id))}
        close={() => setRevoked(undefined)}
      />
    </Stack>
  );
}

function Links({ links, revoke }: { links: readonly PortalLink[]; revoke: (link: PortalLink) => void }) {
  const { t } = useTranslation("accounts");
  return (
    <Table.ScrollContainer
      minWidth={520}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("links.title") } }}
    >
      <Table fz="sm" aria-label={t("links.title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("links.label")}</Table.Th>
            <Table.Th>{t("columns.expires")}</Table.Th>
            <Table.Th>{t("links.opened")}</Table.Th>
            <Table.Th>{t("links.by")}</Table.Th>
            <Table.Th aria-label={t("links.revoke")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {links.map((link) => (
            <Table.Tr key={link.id}>
              <Table.Td>{link.label || "–"}</Table.Td>
              <Table.Td>
                <When at={link.expires_at} />
              </Table.Td>
              <Table.Td>
                <When at={link.last_used_at} />
              </Table.Td>
              <Table.Td>{link.created_by ?? "–"}</Table.Td>
              <Table.Td ta="right">
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => revoke(link)}
                  aria-label={t("links.revokeOf", { name: link.label })}
                >
                  {t("links.revoke")}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function NewLink({ path, id, close }: { path: string; id: string; close: () => void }) {
  const { t } = useTranslation("accounts");
  const format = useFormats();
  const [label, setLabel] = useState("");
  const [life, setLife] = useState<string>("7d");
  const [stored, setStored] = useState(false);
  const make = useDo(
    () => sendJson<{ url: string }>(path, { method: "POST", json: { label, expires_in: life } }),
    { quiet: true, changes: [linksKey(id)] },
  );
  const made = make.data;
  return (
    <Modal
      opened
      onClose={close}
      title={t("links.make")}
      closeOnClickOutside={!made}
      closeOnEscape={!made}
      withCloseButton={!made}
    >
      {made ? (
        <Stack>
          <Alert color="orange" role="status">
            {t("links.made")}
          </Alert>
          <Secret label={t("links.url")} value={made.url} />
          <Checkbox
            label={t("links.stored")}
            checked={stored}
            onChange={(event) => setStored(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button onClick={close} disabled={!stored}>
              {t("close")}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <TextInput
            label={t("links.label")}
            description={t("links.labelText")}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
            data-autofocus
          />
          <Select
            label={t("links.life")}
            value={life}
            data={lives.map((one) => ({ value: one, label: format.duration(milliseconds(one) ?? 0) }))}
            onChange={(value) => value !== null && setLife(value)}
          />
          {make.error !== null && <Failure error={make.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("common:confirm.cancel")}
            </Button>
            <Button loading={make.isPending} onClick={() => make.mutate(undefined)}>
              {t("links.make")}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
