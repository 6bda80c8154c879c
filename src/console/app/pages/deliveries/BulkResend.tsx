/** Sends again whatever the log's filters leave, with a progress bar. */
import { Button, Group, List, Modal, Select, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { OperationProgress, useOperation } from "../../parts/OperationProgress.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { deliveriesKey, isResendable, type Resendable, resendable, useReceiverName } from "./data.ts";
import { type LogFilters, queryOf } from "./filter.ts";

export function BulkResend({
  opened,
  close,
  filters,
}: {
  opened: boolean;
  close: () => void;
  filters: LogFilters;
}) {
  const { t } = useTranslation("deliveries");
  return (
    <Modal opened={opened} onClose={close} title={t("bulk.title")}>
      {opened && <Asked filters={filters} close={close} />}
    </Modal>
  );
}

function Asked({ filters, close }: { filters: LogFilters; close: () => void }) {
  const { t } = useTranslation("deliveries");
  const [status, setStatus] = useState<Resendable>(isResendable(filters.status) ? filters.status : "failed");
  const { status_code: code, ...rest } = queryOf(filters);
  const resend = useDo(
    () => {
      const filter = { ...rest, status, ...(code !== undefined && { status_code: Number(code) }) };
      return answer(api.api.v1.deliveries.resend.post(filter));
    },
    { quiet: true },
  );
  if (resend.data) return <Running id={resend.data.id} close={close} />;
  return (
    <Stack>
      <Text size="sm">{t("bulk.text")}</Text>
      <Select
        label={t("bulk.status")}
        value={status}
        data={resendable.map((one) => ({ value: one, label: t(`status.${one}`) }))}
        onChange={(one) => one !== null && isResendable(one) && setStatus(one)}
        data-autofocus
      />
      <Narrowed filters={filters} />
      {resend.error !== null && <Failure error={resend.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("common:confirm.cancel")}
        </Button>
        <Button onClick={() => resend.mutate(undefined)} loading={resend.isPending}>
          {t("bulk.run")}
        </Button>
      </Group>
    </Stack>
  );
}

/** The filters in words: nothing is sent again that one does not see here. */
function Narrowed({ filters }: { filters: LogFilters }) {
  const { t } = useTranslation("deliveries");
  const format = useFormats();
  const given = queryOf(filters);
  const receiver = useReceiverName(given["receiver"] ?? "");
  const { since, until, object, object_id: objectId } = given;
  const lines = [
    given["receiver"] && `${t("filters.receiver")}: ${receiver?.name ?? given["receiver"]}`,
    given["topic"] && `${t("filters.topic")}: ${given["topic"]}`,
    given["error"] && `${t("filters.error")}: ${t(`errorShort.${given["error"]}`)}`,
    given["status_code"] && `${t("filters.statusCode")}: ${given["status_code"]}`,
    object && `${t("filters.object")}: ${[object, objectId].filter(Boolean).join(" ")}`,
    since && `${t("filters.since")}: ${format.dateTime(since)}`,
    until && `${t("filters.until")}: ${format.dateTime(until)}`,
  ].filter((line) => line !== undefined && line !== "");
  if (lines.length === 0) {
    return (
      <Text size="sm" fw={600}>
        {t("bulk.everything")}
      </Text>
    );
  }
  return (
    <List size="sm">
      {lines.map((line) => (
        <List.Item key={line}>{line}</List.Item>
      ))}
    </List>
  );
}

/** An operation that changes deliveries, until it is over. */
export function Running({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation("deliveries");
  const queries = useQueryClient();
  const ended = useOperation(id).data?.status;
  useEffect(() => {
    if (ended !== undefined && ended !== "IN_PROGRESS")
      void queries.invalidateQueries({ queryKey: deliveriesKey });
  }, [ended, queries]);
  return (
    <Stack>
      <OperationProgress id={id} />
      <Group justify="flex-end">
        <Button onClick={close}>{t("bulk.close")}</Button>
      </Group>
    </Stack>
  );
}
