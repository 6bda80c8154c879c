import { ActionIcon, Alert, Anchor, Badge, Group, Stack, Table, Text, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { answer, api } from "../../api/client.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Section } from "../../parts/Section.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";
import { useSession } from "../../session.tsx";
import { type Account, mayImpersonate, type Policy, policiesKey, usePolicies } from "./data.ts";

export function AccountPolicies({ account }: { account: Account }) {
  const { t } = useTranslation("impersonation");
  const { can } = useSession();
  const query = usePolicies(account.id);
  const [gone, setGone] = useState<Policy>();
  const remove = useDo(
    (policyId: string) =>
      answer(api.api.v1.accounts({ id: account.id })["impersonation-policies"]({ policyId }).delete()),
    { changes: [policiesKey(account.id)], done: () => t("removed"), quiet: true },
  );
  return (
    <Section
      title={account.name}
      text={
        <Anchor component={Link} href={`/accounts/${account.id}`} size="sm">
          {account.client_id}
        </Anchor>
      }
    >
      {!mayImpersonate(account) && <Alert color="yellow">{t("needsGrant")}</Alert>}
      <Queried query={query} rows={2}>
        {(policies) =>
          policies.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("nobody")}
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t("actsFor")}</Table.Th>
                    <Table.Th scope="col">{t("within")}</Table.Th>
                    <Table.Th scope="col">{t("life")}</Table.Th>
                    <Table.Th scope="col">{t("since")}</Table.Th>
                    <Table.Th scope="col">{t("remove")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {policies.map((policy) => (
                    <Table.Tr key={policy.id}>
                      <Table.Td>
                        <People policy={policy} />
                      </Table.Td>
                      <Table.Td>
                        <Group gap={4}>
                          {policy.scopes.map((scope) => (
                            <Badge key={scope} tt="none" color="gray" ff="monospace">
                              {scope}
                            </Badge>
                          ))}
                        </Group>
                      </Table.Td>
                      <Table.Td>{policy.life}</Table.Td>
                      <Table.Td>
                        <When at={policy.created_at} />
                      </Table.Td>
                      <Table.Td>
                        {policy.provisioned ? (
                          <Text size="xs" c="dimmed">
                            {t("provisioned")}
                          </Text>
                        ) : (
                          can("accounts", "manage") && (
                            <Tooltip label={t("remove")}>
                              <ActionIcon
                                variant="subtle"
                                color="red"
                                onClick={() => setGone(policy)}
                                aria-label={t("removeOf", { names: namesOf(policy) })}
                              >
                                <IconTrash size={16} aria-hidden />
                              </ActionIcon>
                            </Tooltip>
                          )
                        )}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Queried>
      <Confirm
        question={
          gone && {
            title: t("remove"),
            text: t("removeText", { account: account.name, names: namesOf(gone) }),
            action: t("remove"),
          }
        }
        run={async () => {
          if (gone) await remove.mutateAsync(gone.id);
        }}
        close={() => setGone(undefined)}
      />
    </Section>
  );
}

const namesOf = ({ users, groups }: Policy): string => [...users, ...groups].join(", ");

function People({ policy: { users, groups } }: { policy: Policy }) {
  const { t } = useTranslation("impersonation");
  return (
    <Stack gap={2}>
      {users.length > 0 && <Text size="sm">{users.join(", ")}</Text>}
      {groups.length > 0 && <Text size="sm">{t("members", { groups: groups.join(", ") })}</Text>}
    </Stack>
  );
}
