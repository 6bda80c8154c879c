/** What one receiver was told of a record: as it was sent, and how that differs from another state of it. */
import { Anchor, Drawer, Group, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../../format.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { Queried } from "../../parts/Queried.tsx";
import type { RecordType } from "../../parts/useTypes.ts";
import { When } from "../../parts/When.tsx";
import { type DeliveryItem, useDelivery, useReceiverName, useReceiverNames } from "../deliveries/data.ts";
import { ReceiverName } from "../deliveries/ReceiverName.tsx";
import { Status } from "../deliveries/Status.tsx";
import { Comparison } from "./Comparison.tsx";
import type { RecordOut } from "./records.ts";
import type { Delivery } from "./timeline.ts";
import { type Telling, tellingsOf } from "./told.ts";

interface Props {
  type: RecordType;
  record: RecordOut;
  /** To compare with: those that are about the record. */
  others: readonly Delivery[];
}

/** @param id  of the delivery; "": closed */
export function ToldDrawer({ id, close, ...props }: Props & { id: string; close: () => void }) {
  const { t } = useTranslation("data");
  return (
    <Drawer
      opened={id !== ""}
      onClose={close}
      position="right"
      size="xl"
      title={t("compare.sheet", { object: props.type.object, id: props.record.id })}
      closeButtonProps={{ "aria-label": t("compare.close") }}
    >
      {id !== "" && <One key={id} id={id} {...props} />}
    </Drawer>
  );
}

function One({ id, ...props }: Props & { id: string }) {
  const query = useDelivery(id);
  return <Queried query={query}>{(delivery) => <Shown delivery={delivery} {...props} />}</Queried>;
}

function Shown({ delivery, type, record, others }: Props & { delivery: DeliveryItem }) {
  const { t } = useTranslation("data");
  const { id, receiver_id, created_at, status, request_body } = delivery;
  const tellings = tellingsOf(request_body, type.object, record.id);
  const told = tellings.at(-1);
  return (
    <Stack>
      <Group gap="xs">
        <Status status={status} />
        <ReceiverName id={receiver_id} link />
        <Text size="sm" c="dimmed">
          <When at={created_at} exact />
        </Text>
      </Group>
      {told ? (
        <About told={told} record={record} delivery={id} others={others} type={type} />
      ) : (
        <Text size="sm">{t("compare.nothing")}</Text>
      )}
      {tellings.map(({ part }, index) => (
        <CodeBox key={index} text={JSON.stringify(part, null, 2)} label={t("compare.sent")} height={320} />
      ))}
      <Anchor component={Link} href={`/deliveries/${id}`} size="sm">
        {t("compare.whole")}
      </Anchor>
    </Stack>
  );
}

const NOW = "now";

function About({
  told,
  record,
  delivery,
  others,
  type,
}: {
  told: Telling;
  record: RecordOut;
  delivery: string;
  others: readonly Delivery[];
  type: RecordType;
}) {
  const { t } = useTranslation("data");
  const [beside, setBeside] = useState(NOW);
  const names = useReceiverNames().data?.byId;
  const format = useFormats();
  if (told.action === "destroy") return <Text size="sm">{t("compare.destroyed")}</Text>;
  if (told.state === undefined) return <Text size="sm">{t("compare.thin")}</Text>;
  const labelOf = ({ receiver_id, created_at }: Delivery) =>
    `${format.dateTime(created_at)} · ${names?.get(receiver_id)?.name ?? receiver_id}`;
  return (
    <Stack gap="sm">
      <Select
        label={t("compare.beside")}
        allowDeselect={false}
        value={beside}
        onChange={(value) => setBeside(value ?? NOW)}
        data={[
          { value: NOW, label: t("compare.now") },
          ...others
            .filter(({ id }) => id !== delivery)
            .map((one) => ({ value: one.id, label: labelOf(one) })),
        ]}
      />
      {beside === NOW ? (
        <Comparison before={told.state} after={record} titles={[t("compare.then"), t("compare.now")]} />
      ) : (
        <Beside id={beside} told={told.state} type={type} record={record} />
      )}
      <Text size="xs" c="dimmed">
        {t("compare.fields")}
      </Text>
    </Stack>
  );
}

/** Two deliveries beside each other. */
function Beside({
  id,
  told,
  type,
  record,
}: {
  id: string;
  told: NonNullable<Telling["state"]>;
  type: RecordType;
  record: RecordOut;
}) {
  const { t } = useTranslation("data");
  const query = useDelivery(id);
  const name = useReceiverName(query.data?.receiver_id ?? "")?.name ?? "…";
  return (
    <Queried query={query} rows={3}>
      {({ request_body }) => {
        const other = tellingsOf(request_body, type.object, record.id).at(-1);
        if (other?.action === "destroy") return <Text size="sm">{t("compare.destroyed")}</Text>;
        if (other?.state === undefined) return <Text size="sm">{t("compare.thin")}</Text>;
        return <Comparison before={told} after={other.state} titles={[t("compare.then"), name]} />;
      }}
    </Queried>
  );
}
