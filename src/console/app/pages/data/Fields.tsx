/** What a record says, field by field. */
import { Anchor, Paper, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../../format.ts";
import type { Property } from "../../parts/schema-form/schema.ts";
import type { RecordType } from "../../parts/useTypes.ts";
import { inWords, visibleProperties } from "./columns.tsx";
import { dataOf, type RecordOut, recordPage } from "./records.ts";

/** UTF-16 units of a value. */
const MOST = 20_000;

export function Fields({ type, record }: { type: RecordType; record: RecordOut }) {
  const { t } = useTranslation("data");
  const data = dataOf(record);
  const known = visibleProperties(type);
  const names = new Set(known.map(({ name }) => name));
  const others = Object.keys(data).filter((name) => !names.has(name));
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={320} type="native">
        <Table layout="fixed" aria-label={t("record.fields")}>
          <Table.Tbody>
            <Row title="id" value={String(record.id)} mono />
            {known.map((property) => (
              <Row
                key={property.name}
                title={property.title}
                description={property.description}
                value={<Value type={type} property={property} value={data[property.name]} />}
              />
            ))}
            {others.map((name) => (
              <Row key={name} title={name} value={<Raw value={data[name]} />} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function Row({
  title,
  description,
  value,
  mono = false,
}: {
  title: string;
  description?: string | undefined;
  value: ReactNode;
  mono?: boolean;
}) {
  return (
    <Table.Tr>
      <Table.Th w="35%" style={{ overflowWrap: "anywhere", verticalAlign: "top" }} scope="row">
        {title}
        {description !== undefined && (
          <Text size="xs" c="dimmed" fw={400}>
            {description}
          </Text>
        )}
      </Table.Th>
      <Table.Td
        style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}
        {...(mono && { ff: "monospace" })}
      >
        {value}
      </Table.Td>
    </Table.Tr>
  );
}

function Value({ type, property, value }: { type: RecordType; property: Property; value: unknown }) {
  const { t } = useTranslation("data");
  const format = useFormats();
  if (typeof value === "object" && value !== null) return <Raw value={value} />;
  const text = inWords(value, property.kind, t, format, MOST);
  const isParent =
    type.parent?.field === property.name && (typeof value === "string" || typeof value === "number");
  if (!isParent || !type.parent) return text;
  return (
    <Anchor component={Link} href={recordPage(type.parent.type, value)} inherit>
      {text}
    </Anchor>
  );
}

function Raw({ value }: { value: unknown }) {
  return (
    <Text span size="sm" ff="monospace">
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </Text>
  );
}
