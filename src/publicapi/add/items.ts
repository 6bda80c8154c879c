/** The records of a push, however they were sent: form variables, JSON, CSV. */
import { isObject } from "../../http/json.ts";
import { Problem, type Violation } from "../../problem.ts";
import type { AddItem, IfExists } from "../../records/add.ts";
import { violationsOf } from "../../records/input.ts";
import type { RecordType } from "../../records/types.ts";
import { wrongParameter } from "../errors.ts";
import { type FormFile, MAX_PARAMETERS, type Parameters } from "../parameters.ts";
import { readCsv } from "./csv.ts";
import { FieldReader, type TextField } from "./fields.ts";

/** A push may hold this many records. */
export const MAX_ITEMS = 10_000;

/** So many rows are read before other requests have their turn: 1 to 2 ms. */
const BREATH = 50;

/** What of a push is no field of a record. Lower case. */
const RESERVED: ReadonlySet<string> = new Set(["org", "pw", "apikey", "ifolddataexists"]);
/** Of an upload, beside these. */
const CSV = /^text\/csv\b/i;

const MODES: Readonly<Record<string, IfExists>> = {
  skipnewdata: "skip",
  prioritizeold: "fill",
  prioritizenew: "replace",
};

/** @throws Problem `invalid` */
export function ifOldDataExists(parameters: Parameters): IfExists {
  const given = parameters.get("ifOldDataExists");
  if (given === undefined || given === "") return "skip";
  const mode = Object.hasOwn(MODES, given.toLowerCase()) ? MODES[given.toLowerCase()] : undefined;
  if (!mode) throw wrongParameter("ifOldDataExists", "must be skipNewData, prioritizeOld or prioritizeNew");
  return mode;
}

export interface Sent {
  items: AddItem[];
  /** Of a CSV file, the line in which each item begins. */
  lines?: number[];
}

/** @throws Problem `malformed`, `invalid` where it is not said what the records are */
export async function sentItems(type: RecordType, parameters: Parameters): Promise<Sent> {
  const [file, ...others] = parameters.files;
  if (others.length > 0) throw new Problem("malformed", "There are several files: send one.");
  if (file) return await itemsOfFile(type, parameters, file);
  if (parameters.body !== undefined) return { items: itemsOfJson(type, parameters.body) };
  const fields = parameters.all().filter(({ name }) => !RESERVED.has(name.toLowerCase()));
  if (fields.length === 0) throw new Problem("malformed", `There is no ${type.object}: send its fields.`);
  return { items: [itemOf(new FieldReader(type), fields)] };
}

function itemsOfJson(type: RecordType, body: unknown): AddItem[] {
  if (Array.isArray(body)) return checked(body);
  if (!isObject(body)) throw new Problem("malformed", "The body must be an object or a list of objects.");
  const fields = Object.entries(body).filter(([name]) => !RESERVED.has(name.toLowerCase()));
  const [only] = fields;
  // As a pull answers: so that a list can have the password beside it.
  if (only && fields.length === 1 && only[0] === type.name && Array.isArray(only[1])) return checked(only[1]);
  if (!only) throw new Problem("malformed", `There is no ${type.object}: send its fields.`);
  return [{ data: Object.fromEntries(fields) }];
}

function checked(list: readonly unknown[]): AddItem[] {
  if (list.length > MAX_ITEMS)
    throw new Problem("malformed", `The list has ${list.length} records; a push may hold ${MAX_ITEMS}.`);
  return list.map((item) =>
    isObject(item) ? { data: item } : { id: null, violations: [{ field: "", message: "must be an object" }] },
  );
}

async function itemsOfFile(type: RecordType, parameters: Parameters, file: FormFile): Promise<Sent> {
  if (parameters.values("separator").length === 0 && file.bytes.byteLength === 0)
    throw new Problem("malformed", "The file is empty.");
  const charset = CSV.test(file.type) ? /;\s*charset="?([\w.:-]+)/i.exec(file.type)?.[1] : undefined;
  const { columns, rows } = await readCsv(file.bytes, {
    encoding: parameters.get("encoding") ?? charset,
    separator: parameters.get("separator"),
    maxRows: MAX_ITEMS,
    maxColumns: MAX_PARAMETERS,
  });
  const reader = new FieldReader(type);
  const names = columns.map((name) => reader.nameOf(name));
  const twice = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Problem("malformed", `The CSV file has two columns ${twice.slice(0, 100)}.`);
  const items: AddItem[] = [];
  for (const [index, { cells }] of rows.entries()) {
    if (index % BREATH === BREATH - 1) await new Promise((resolve) => setImmediate(resolve));
    const fields = names.map((name, column) => ({ name, value: cells[column] ?? "" }));
    const named = fields.filter(({ name }) => name !== "");
    items.push(
      cells.length === names.length
        ? itemOf(reader, named)
        : { id: reader.idOf(named), violations: [wrongLength(cells.length, names.length)] },
    );
  }
  return { items, lines: rows.map(({ line }) => line) };
}

function wrongLength(has: number, wanted: number): Violation {
  return { field: "", message: `The row has ${has} values, and there are ${wanted} columns` };
}

function itemOf(reader: FieldReader, fields: readonly TextField[]): AddItem {
  try {
    return { data: reader.read(fields) };
  } catch (error) {
    return { id: reader.idOf(fields), violations: violationsOf(error) };
  }
}
