/** The columns of a CSV file, and the fields of a type that they are. */
import { propertiesOf } from "../../config/schema-fields.ts";
import { didYouMean } from "../../config/suggest.ts";
import { Problem, type Violation } from "../../problem.ts";
import { FieldReader } from "../../publicapi/add/fields.ts";
import type { RecordType } from "../../records/types.ts";
import type { RowReader } from "./csv.ts";

/** What an export adds to a record's fields. */
const OURS = new Set(["_created_at", "_modified_at"]);
/** A spreadsheet's text that would be a formula: an export has put a quote before it. */
const QUOTED = /^'[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/**
 * @param map  field by column; the empty field: the column is passed over
 * @returns reads rows of these columns
 * @throws Problem `invalid` with a violation for each column that is wrong
 */
export function readColumns(
  type: RecordType,
  columns: readonly string[],
  map: Readonly<Record<string, string>>,
): RowReader {
  const reader = new FieldReader(type);
  const listed = propertiesOf(type.schema);
  const closed = listed !== null && type.schema["additionalProperties"] === false ? listed : undefined;
  const known = ["id", ...(listed ?? [])];
  const violations: Violation[] = [];
  const seen = new Map<string, string>();
  const fields = columns.map((column) => {
    const mapped = Object.hasOwn(map, column) ? map[column] : undefined;
    if (mapped === "" || column === "" || (mapped === undefined && OURS.has(column))) return undefined;
    const field = reader.nameOf(mapped ?? column);
    const refuse = (message: string) => void violations.push({ field: column, message });
    const before = seen.get(field);
    if (before !== undefined) refuse(`is the same field as the column ${before}`);
    else if (closed && field !== "id" && !closed.includes(field.replace(/[.[].*$/, "")))
      refuse(`is not a field of this type${didYouMean(field, known)}`);
    seen.set(field, column);
    return field;
  });
  for (const name of Object.keys(map)) {
    if (!columns.includes(name))
      violations.push({ field: name, message: "is mapped, but no column of the file" });
  }
  const { required } = type.schema;
  for (const name of Array.isArray(required) ? required : []) {
    if (
      typeof name === "string" &&
      name !== "id" &&
      !seen.has(name) &&
      ![...seen.keys()].some((one) => one.startsWith(`${name}[`))
    )
      violations.push({ field: name, message: "is required, and there is no column for it" });
  }
  if (violations.length === 0 && listed !== null && !known.some((name) => seen.has(name))) {
    violations.push({ field: "", message: `has no column that is a field; there are ${known.join(", ")}` });
  }
  if (violations.length > 0) {
    const [first] = violations;
    throw new Problem("invalid", `The header is wrong: ${first?.field} ${first?.message}.`, { violations });
  }
  return {
    read: (cells) => {
      const given = cells.flatMap((cell, index) => {
        const name = fields[index];
        return name === undefined ? [] : [{ name, value: QUOTED.test(cell) ? cell.slice(1) : cell }];
      });
      const record = reader.read(given);
      // A cell with nothing in it is null where that is allowed, else no value at all.
      for (const { name, value } of given) if (value === "" && record[name] === "") delete record[name];
      return record;
    },
  };
}
