/** The first rows of a file, and above each column of a CSV file the field that it is. */
import { Alert, Select, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { propertiesOf } from "../../../parts/schema-form/schema.ts";
import type { RecordType } from "../../../parts/useTypes.ts";
import { fieldsOf, type Mapping } from "./mapping.ts";
import type { Preview } from "./preview.ts";

/** UTF-16 units of a cell. */
const CUT = 80;

export function Columns({
  type,
  preview,
  mapping,
  map,
}: {
  type: RecordType;
  preview: Preview;
  mapping: Mapping;
  map: (mapping: Mapping) => void;
}) {
  const { t } = useTranslation("data");
  const { columns, rows, format, packed } = preview;
  if (packed) return <Alert color="gray">{t("import.packed")}</Alert>;
  if (columns.length === 0) return <Alert color="gray">{t("import.noPreview")}</Alert>;
  const missing = propertiesOf(type.schema, type.schema)
    .filter(({ required, name }) => required && name !== "id" && !Object.values(mapping).includes(name))
    .map(({ title }) => title);
  return (
    <>
      <Table.ScrollContainer
        minWidth={320}
        type="native"
        tabIndex={0}
        role="region"
        aria-label={t("import.preview")}
      >
        <Table striped withTableBorder aria-label={t("import.preview")}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column, index) => (
                <Table.Th key={`${index} ${column}`} miw={150} style={{ verticalAlign: "top" }}>
                  <Text size="sm" fw={600} mb={4} style={{ overflowWrap: "anywhere" }}>
                    {column}
                  </Text>
                  {format === "csv" && (
                    <Select
                      size="xs"
                      aria-label={t("import.fieldOf", { column })}
                      data={[
                        { value: "", label: t("import.pass") },
                        ...optionsOf(type, column).map((field) => ({ value: field, label: field })),
                      ]}
                      value={mapping[column] ?? ""}
                      onChange={(field) => map({ ...mapping, [column]: field ?? "" })}
                      searchable
                    />
                  )}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, line) => (
              <Table.Tr key={line}>
                {columns.map((_, index) => (
                  <Table.Td key={index} {...(mapping[columns[index] ?? ""] === "" && { c: "dimmed" })}>
                    {cut(row[index] ?? "")}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {format === "csv" && missing.length > 0 && (
        <Alert color="orange">{t("import.missing", { fields: missing.join(", ") })}</Alert>
      )}
    </>
  );
}

/** Of a type that takes any field, a column may be one of its own name. */
function optionsOf(type: RecordType, column: string): string[] {
  return [
    ...new Set([...fieldsOf(type), ...(type.schema["additionalProperties"] === false ? [] : [column])]),
  ];
}

function cut(text: string): string {
  return text.length > CUT ? `${text.slice(0, CUT)}…` : text;
}
