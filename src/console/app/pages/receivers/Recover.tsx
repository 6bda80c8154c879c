/** Sends a receiver again what it missed in a time, with a progress bar. */
import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { Running } from "../deliveries/BulkResend.tsx";
import { isResendable, type Resendable, resendable } from "../deliveries/data.ts";
import { instantOf, localOf } from "../deliveries/filter.ts";
import type { DetailedReceiver } from "./data.ts";

const DAY_MS = 86_400_000;

interface Props {
  receiver: DetailedReceiver;
  opened: boolean;
  close: () => void;
}

export function Recover({ receiver, opened, close }: Props) {
  const { t } = useTranslation("receivers");
  return (
    <Modal opened={opened} onClose={close} title={t("recover.title", { name: receiver.name })}>
      {opened && <Asked receiver={receiver} close={close} />}
    </Modal>
  );
}

function Asked({ receiver: { id, failing_since }, close }: Omit<Props, "opened">) {
  const { t } = useTranslation("receivers");
  const { t: log } = useTranslation("deliveries");
  const [since, setSince] = useState(() => localOf(failing_since ?? Date.now() - DAY_MS));
  const [until, setUntil] = useState("");
  const [status, setStatus] = useState<Resendable>("failed");
  const from = instantOf(since);
  const to = instantOf(until);
  const recover = useDo(
    (start: string) =>
      answer(
        api.api.v1
          .receivers({ id })
          .recover.post({ since: start, status, ...(to !== undefined && { until: to }) }),
      ),
    { quiet: true },
  );
  if (recover.data) return <Running id={recover.data.id} close={close} />;
  return (
    <Stack>
      <Text size="sm">{t("recover.text")}</Text>
      <TextInput
        type="datetime-local"
        label={log("filters.since")}
        required
        value={since}
        onChange={(event) => setSince(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        type="datetime-local"
        label={log("filters.until")}
        description={t("recover.untilText")}
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
      <Select
        label={log("bulk.status")}
        value={status}
        data={resendable.map((one) => ({ value: one, label: log(`status.${one}`) }))}
        onChange={(one) => one !== null && isResendable(one) && setStatus(one)}
      />
      {recover.error !== null && <Failure error={recover.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("common:confirm.cancel")}
        </Button>
        <Button
          disabled={from === undefined}
          loading={recover.isPending}
          onClick={() => from !== undefined && recover.mutate(from)}
        >
          {log("bulk.run")}
        </Button>
      </Group>
    </Stack>
  );
}
