/** One receiver: how it fares, what it is sent, and what can be done with it. */
import { Alert, Button, Group, Menu, Stack } from "@mantine/core";
import { IconActivity, IconChevronDown, IconPencil, IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { useSession } from "../../session.tsx";
import { Facts } from "./Facts.tsx";
import { HealthCard } from "./HealthCard.tsx";
import { type DetailedReceiver, stateOf, useReceiver } from "./data.ts";
import { Recover } from "./Recover.tsx";
import { RotateSecret } from "./RotateSecret.tsx";
import { State } from "./State.tsx";
import { DeleteReceiver, SwitchReceiver } from "./Switches.tsx";
import { Test } from "./Test.tsx";

export function ReceiverPage({ id }: { id: string }) {
  const { t } = useTranslation("receivers");
  const query = useReceiver(id);
  const above = [{ title: t("common:pages.receivers"), to: "/receivers" }];
  const receiver = query.data;
  return (
    <PageFrame
      title={receiver?.name ?? t("common:pages.receivers")}
      lead={receiver?.description || undefined}
      above={above}
      actions={receiver && <Actions receiver={receiver} />}
    >
      <Queried query={query}>{(found) => <Shown receiver={found} />}</Queried>
    </PageFrame>
  );
}

function Shown({ receiver }: { receiver: DetailedReceiver }) {
  const { t } = useTranslation("receivers");
  const { deleted_at, provisioned } = receiver;
  return (
    <Stack maw={1100}>
      <Group>
        <State state={stateOf(receiver)} />
      </Group>
      {deleted_at !== undefined && <Alert color="gray">{t("detail.deleted")}</Alert>}
      {provisioned && <Alert color="gray">{t("detail.provisioned")}</Alert>}
      {deleted_at === undefined && <HealthCard receiver={receiver} />}
      <Facts receiver={receiver} />
    </Stack>
  );
}

type Opened = "test" | "rotate" | "recover" | "switch" | "delete";

function Actions({ receiver }: { receiver: DetailedReceiver }) {
  const { t } = useTranslation("receivers");
  const { can } = useSession();
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  const { id, deleted_at, enabled, provisioned } = receiver;
  const there = deleted_at === undefined;
  const manage = there && can("receivers", "manage");
  const change = manage && provisioned !== true;
  const write = there && can("receivers", "write");
  return (
    <>
      {can("deliveries", "read") && (
        <Button
          component={Link}
          href={`/deliveries?receiver=${id}`}
          variant="default"
          leftSection={<IconActivity size={16} aria-hidden />}
        >
          {t("actions.log")}
        </Button>
      )}
      {change && (
        <Button
          component={Link}
          href={`/receivers/${id}/edit`}
          variant="default"
          leftSection={<IconPencil size={16} aria-hidden />}
        >
          {t("actions.edit")}
        </Button>
      )}
      {(manage || write) && (
        <Menu position="bottom-end" width={240}>
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
              {t("actions.more")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {write && <Menu.Item onClick={() => setOpened("recover")}>{t("actions.recover")}</Menu.Item>}
            {manage && <Menu.Item onClick={() => setOpened("rotate")}>{t("actions.rotate")}</Menu.Item>}
            {manage && (
              <Menu.Item onClick={() => setOpened("switch")}>
                {enabled ? t("actions.disable") : t("actions.enable")}
              </Menu.Item>
            )}
            {change && (
              <Menu.Item color="red" onClick={() => setOpened("delete")}>
                {t("actions.delete")}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      {write && (
        <Button leftSection={<IconSend size={16} aria-hidden />} onClick={() => setOpened("test")}>
          {t("actions.test")}
        </Button>
      )}
      <Test receiver={receiver} opened={opened === "test"} close={close} />
      <RotateSecret receiver={receiver} opened={opened === "rotate"} close={close} />
      <Recover receiver={receiver} opened={opened === "recover"} close={close} />
      <SwitchReceiver receiver={receiver} opened={opened === "switch"} close={close} />
      <DeleteReceiver receiver={receiver} opened={opened === "delete"} close={close} />
    </>
  );
}
