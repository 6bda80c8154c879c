/** Sends a receiver a test, and shows the full exchange: what was sent, and what came back. */
import { Alert, Button, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { useSession } from "../../session.tsx";
import { deliveriesKey, useDelivery } from "../deliveries/data.ts";
import { Body, Headers } from "../deliveries/Exchange.tsx";
import { type DetailedReceiver, receiverKey } from "./data.ts";

interface Props {
  receiver: DetailedReceiver;
  opened: boolean;
  close: () => void;
}

export function Test({ receiver, opened, close }: Props) {
  const { t } = useTranslation("receivers");
  return (
    <Modal opened={opened} onClose={close} title={t("test.title", { name: receiver.name })} size="xl">
      {opened && <Running receiver={receiver} close={close} />}
    </Modal>
  );
}

function Running({ receiver: { id }, close }: Omit<Props, "opened">) {
  const { t } = useTranslation("receivers");
  const { can } = useSession();
  const test = useDo(() => answer(api.api.v1.receivers({ id }).test.post()), {
    quiet: true,
    changes: [receiverKey(id), deliveriesKey],
  });
  const { mutate } = test;
  // One was asked for by opening this; React's development mode would ask twice, the built one does not.
  useEffect(() => mutate(undefined), [mutate]);
  return (
    <Stack>
      {test.isPending && (
        <Group role="status">
          <Loader size="sm" aria-hidden />
          <Text size="sm">{t("test.running")}</Text>
        </Group>
      )}
      {test.error !== null && <Failure error={test.error} />}
      {test.data && (
        <>
          <Outcome result={test.data} />
          {can("deliveries", "read") ? (
            <Exchange id={test.data.delivery_id} />
          ) : (
            <Body text={test.data.response_body ?? ""} label={t("test.answer")} />
          )}
        </>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => mutate(undefined)} disabled={test.isPending}>
          {t("test.again")}
        </Button>
        <Button onClick={close}>{t("test.close")}</Button>
      </Group>
    </Stack>
  );
}

function Outcome({ result }: { result: Schemas["ReceiverTest"] }) {
  const { t } = useTranslation("receivers");
  const { t: log } = useTranslation("deliveries");
  const format = useFormats();
  const { status, status_code, error, detail, address, duration_ms } = result;
  const Icon = status === "failed" ? IconX : IconCheck;
  const facts = [
    status_code === null ? undefined : `HTTP ${status_code}`,
    duration_ms === null ? undefined : format.duration(duration_ms),
    address ?? undefined,
  ].filter((fact) => fact !== undefined);
  return (
    <Alert
      role="status"
      color={{ delivered: "teal", failed: "red", delivering: "gray" }[status]}
      icon={status === "delivering" ? undefined : <Icon aria-hidden />}
      title={t(`test.status.${status}`)}
    >
      {facts.join(" · ")}
      {error !== null && (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {log(`error.${error}`)}
          {detail !== null && detail !== "" && `: ${detail}`}
        </Text>
      )}
    </Alert>
  );
}

function Exchange({ id }: { id: string }) {
  const { t } = useTranslation("receivers");
  const { data, error } = useDelivery(id);
  if (!data) return error ? <Failure error={error} /> : null;
  const last = data.attempts.at(-1);
  return (
    <>
      <Text size="sm" fw={600}>
        {t("test.headers")}
      </Text>
      <Headers headers={data.request_headers} label={t("test.headers")} />
      <Body text={data.request_body} label={t("test.body")} />
      {last && <Body text={last.response_body ?? ""} label={t("test.answer")} />}
    </>
  );
}
