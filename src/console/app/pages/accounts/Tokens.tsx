/** An account's API tokens: several side by side, so that a partner can change over from one to the next. */
import { Button, Checkbox, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Secret } from "../../parts/Secret.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { instantOf } from "../deliveries/filter.ts";
import { type Account, accountKey, accountsKey, type Token } from "./data.ts";

export function Tokens({ account, manage }: { account: Account; manage: boolean }) {
  const { t } = useTranslation("accounts");
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<Token>();
  const { id, tokens } = account;
  const revoke = useDo(
    (tokenId: string) => answer(api.api.v1.accounts({ id }).tokens({ tokenId }).delete()),
    { quiet: true, changes: [accountKey(id), accountsKey], done: () => t("tokens.revoked") },
  );
  const name = ({ label, last_four }: Token) => `${label === "" ? t("tokens.token") : label} …${last_four}`;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("tokens.text")}
      </Text>
      <Table.ScrollContainer
        minWidth={560}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("tokens.title") } }}
      >
        <Table fz="sm" aria-label={t("tokens.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("tokens.token")}</Table.Th>
              <Table.Th>{t("columns.used")}</Table.Th>
              <Table.Th>{t("columns.expires")}</Table.Th>
              <Table.Th>{t("detail.created")}</Table.Th>
              {manage && <Table.Th aria-label={t("tokens.revoke")} />}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tokens.map((token) => (
              <Table.Tr key={token.id}>
                <Table.Td>{name(token)}</Table.Td>
                <Table.Td>
                  <When at={token.last_used_at} />
                </Table.Td>
                <Table.Td>
                  <When at={token.expires_at} />
                </Table.Td>
                <Table.Td>
                  <When at={token.created_at} />
                </Table.Td>
                {manage && (
                  <Table.Td ta="right">
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      onClick={() => setRevoked(token)}
                      aria-label={t("tokens.revokeOf", { name: name(token) })}
                    >
                      {t("tokens.revoke")}
                    </Button>
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {manage && (
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setMaking(true)}
          style={{ alignSelf: "flex-start" }}
        >
          {t("tokens.add")}
        </Button>
      )}
      {making && <NewToken id={id} close={() => setMaking(false)} />}
      <Confirm
        question={
          revoked && {
            ...{ title: t("tokens.revokeTitle", { name: name(revoked) }), text: t("tokens.revokeText") },
            action: t("tokens.revoke"),
          }
        }
        run={async () => revoked && (await revoke.mutateAsync(revoked.id))}
        close={() => setRevoked(undefined)}
      />
    </Stack>
  );
}

function NewToken({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation("accounts");
  const [label, setLabel] = useState("");
  const [expires, setExpires] = useState("");
  const [stored, setStored] = useState(false);
  const make = useDo(
    () => answer(api.api.v1.accounts({ id }).tokens.post({ label, expires_at: instantOf(expires) ?? null })),
    { quiet: true, changes: [accountKey(id), accountsKey] },
  );
  const made = make.data;
  return (
    <Modal
      opened
      onClose={close}
      title={t("tokens.add")}
      closeOnClickOutside={!made}
      closeOnEscape={!made}
      withCloseButton={!made}
    >
      {made ? (
        <Stack>
          <Text size="sm" role="status">
            {t("tokens.made")}
          </Text>
          <Secret label={t("made.token")} value={made.token} />
          <Checkbox
            label={t("made.stored")}
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
            label={t("tokens.label")}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
            data-autofocus
          />
          <TextInput
            type="datetime-local"
            label={t("form.expires")}
            description={t("form.expiresText")}
            value={expires}
            onChange={(event) => setExpires(event.currentTarget.value)}
          />
          {make.error !== null && <Failure error={make.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("common:confirm.cancel")}
            </Button>
            <Button loading={make.isPending} onClick={() => make.mutate(undefined)}>
              {t("tokens.make")}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
