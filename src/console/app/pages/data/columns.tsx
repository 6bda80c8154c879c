/** Which fields a table of records has, and how a value is shown. */
import { Text } from "@mantine/core";
import type { TFunction } from "i18next";

import type { Formats } from "../../format.ts";
import type { Column } from "../../parts/DataTable.tsx";
import { type Property, propertiesOf } from "../../parts/schema-form/schema.ts";
import { type RecordType, right } from "../../parts/useTypes.ts";
import { When } from "../../parts/When.tsx";
import type { RecordOut } from "./records.ts";

/** Beside the id and the time. */
const MOST = 5;
/** UTF-16 units of a value in a table. */
const CUT = 200;

/** The properties that one may see, in the schema's order. */
export function visibleProperties(type: RecordType): Property[] {
  const fields = right(type, "read")?.fields ?? [];
  const all = propertiesOf(type.schema, type.schema).filter(({ name }) => name !== "id");
  return fields === "all" ? all : all.filter(({ name }) => fields.includes(name));
}

/** The fields that say most come first: what is required, then what is filtered by; lists and objects not at all. */
export function tableProperties(type: RecordType): Property[] {
  const filters = new Set(type.filters.map(({ field }) => field));
  const simple = visibleProperties(type).filter(({ kind }) => !["object", "json", "texts"].includes(kind));
  const rank = ({ name, required }: Property) => (required ? 0 : filters.has(name) ? 1 : 2);
  const chosen = new Set(simple.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST));
  return simple.filter((property) => chosen.has(property));
}

export function columnsOf(type: RecordType, t: TFunction<"data">, format: Formats): Column<RecordOut>[] {
  const properties = tableProperties(type);
  return [
    {
      ...{
        key: "id",
        title: "id",
        width: type.key === "integer" ? "minmax(80px, 0.6fr)" : "minmax(120px, 1fr)",
      },
      cell: ({ id }) => (
        <Text span size="sm" ff="monospace">
          {id}
        </Text>
      ),
    },
    ...properties.map((property, index): Column<RecordOut> => {
      const isNumber = property.kind === "number" || property.kind === "integer";
      return {
        ...{ key: property.name, title: property.title },
        width: isNumber ? "minmax(90px, 0.7fr)" : "minmax(110px, 1.4fr)",
        cell: (record) => inWords(record[property.name], property.kind, t, format),
        ...(index > 0 && { wide: true }),
        ...(isNumber && { align: "right" as const }),
      };
    }),
    {
      ...{ key: "modified", title: t("fields.modified"), width: "minmax(110px, 0.8fr)", wide: true },
      cell: ({ _meta }) => <When at={_meta.modified_at} />,
    },
  ];
}

/** A value as text; `–` where there is none. */
export function inWords(
  value: unknown,
  kind: Property["kind"],
  t: TFunction<"data">,
  format: Formats,
  most = CUT,
): string {
  if (value === undefined || value === null) return "–";
  if (typeof value === "boolean") return value ? t("common:form.yes") : t("common:form.no");
  if (typeof value === "string") {
    if (kind === "date" && /^\d{4}-\d\d-\d\d$/.test(value)) return format.date(`${value}T00:00:00`);
    if (kind === "dateTime" && !Number.isNaN(Date.parse(value))) return format.shortDateTime(value);
    return value.length > most ? `${value.slice(0, most)}…` : value;
  }
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
