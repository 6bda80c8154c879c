/** Which field each column of a CSV file is; the empty field: it is passed over. */
import type { RecordType } from "../../../parts/record-type.ts";
import { propertiesOf } from "../../../parts/schema-form/schema.ts";

export type Mapping = Readonly<Record<string, string>>;

/** Letters and digits alone, whatever their case and accents. */
const plain = (text: string): string =>
  text
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

/** The fields that a column may be. */
export function fieldsOf(type: RecordType): string[] {
  const names = propertiesOf(type.schema, type.schema).map(({ name }) => name);
  return ["id", ...names.filter((name) => name !== "id")];
}

/** A guess by the names. */
export function guess(type: RecordType, columns: readonly string[]): Mapping {
  const titles = propertiesOf(type.schema, type.schema).map(
    ({ name, title }) => [plain(title), name] as const,
  );
  const byName = new Map([...titles, ...fieldsOf(type).map((name) => [plain(name), name] as const)]);
  const taken = new Set<string>();
  return Object.fromEntries(
    columns.map((column) => {
      const field = byName.get(plain(column)) ?? (type.fields === null ? column : "");
      if (taken.has(field)) return [column, ""];
      taken.add(field);
      return [column, field];
    }),
  );
}
