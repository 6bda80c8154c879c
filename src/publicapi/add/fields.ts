/**
 * Records from the text of forms and CSV files: each field becomes what the type's JSON Schema says that it is.
 *
 * `price=12` is a number where the schema has one. A field that is given several times is a list, `tags[]` too, and
 * `address[city]` is a part of an object, as HTML forms and PHP write them. A field that nobody filled in is null where
 * that is allowed, an empty text where that is, and else left out.
 */
import type { JsonSchema } from "../../config/types.ts";
import { Problem, type Violation } from "../../problem.ts";
import type { JsonObject } from "../../records/input.ts";
import type { RecordId } from "../../records/key.ts";
import type { RecordType } from "../../records/types.ts";
import { type Choices, choicesOf, insideOf } from "./schema.ts";
import { FORBIDDEN, type Given, parseNames } from "./names.ts";
import { valueOf } from "./value.ts";

export interface TextField {
  name: string;
  value: string;
}

/** Reads records of one type. */
export class FieldReader {
  readonly #root: JsonSchema;
  readonly #record: Choices;
  readonly #keyIsInteger: boolean;
  /** What each field may be, found out once: a file has the same ones in every row. */
  readonly #fields = new Map<string, Choices>();
  /** The declared names by how they are in lower case; undefined where that is said of two. */
  readonly #names = new Map<string, string | undefined>();

  constructor({ schema, key }: Pick<RecordType, "schema" | "key">) {
    this.#root = schema;
    this.#record = choicesOf(schema, schema);
    this.#keyIsInteger = key === "integer";
    const declared = this.#record.flatMap(({ properties }) => Object.keys(properties ?? {}));
    for (const name of new Set([...declared, "id"])) {
      const lower = name.toLowerCase();
      this.#names.set(lower, this.#names.has(lower) ? undefined : name);
    }
  }

  /** A field's name as the schema has it: names of parameters ignore case. */
  nameOf(given: string): string {
    const known = this.#names.get(given.toLowerCase());
    return known ?? given;
  }

  /** @throws Problem `invalid` with a violation for each field that does not fit */
  read(fields: readonly TextField[]): JsonObject {
    const violations: Violation[] = [];
    const refuse = (field: string, message: string) => void violations.push({ field, message });
    const given = parseNames(fields, (name) => this.nameOf(name), refuse);
    const record: [string, unknown][] = [];
    for (const [name, field] of given) {
      if (FORBIDDEN.has(name)) refuse(name, "is not allowed as a field's name");
      else {
        const value = this.#valueOf(name, field, refuse);
        if (value !== undefined) record.push([name, value]);
      }
    }
    if (violations.length > 0) {
      throw new Problem("invalid", "Some fields do not fit the type.", { violations });
    }
    return Object.fromEntries(record);
  }

  /** The id among the fields, for a record that cannot be read; null where there is none. */
  idOf(fields: readonly TextField[]): RecordId | null {
    const given = fields.find(({ name }) => this.nameOf(name) === "id");
    return given ? (this.#idOf(given.value) ?? null) : null;
  }

  /** What is no number is refused by whoever knows what ids look like. */
  #idOf(text: string): RecordId | undefined {
    if (text.trim() === "") return undefined;
    return this.#keyIsInteger && /^-?\d{1,16}$/.test(text.trim()) ? Number(text) : text;
  }

  #valueOf(name: string, field: Given, refuse: (field: string, message: string) => void): unknown {
    if (name === "id") {
      const [text = ""] = field.values;
      if (field.values.length > 1 || field.members.size > 0) refuse("id", "is given twice");
      return this.#idOf(text);
    }
    return valueOf(this.#root, this.#choicesOf(name), field, name, refuse);
  }

  #choicesOf(name: string): Choices {
    let choices = this.#fields.get(name);
    if (!choices) {
      choices = insideOf(this.#root, this.#record, name);
      this.#fields.set(name, choices);
    }
    return choices;
  }
}
