/** The types of the YAML, compiled: what is asked of every record on its way in and out. */
import type { ValidateFunction } from "ajv/dist/2020";

import { type Action, topicOf } from "../changes/topics.ts";
import { compileJsonSchema } from "../config/json-schema.ts";
import { type FieldKind, fieldKind } from "../config/schema-fields.ts";
import type { DateFields, JsonSchema, TypeConfig } from "../config/types.ts";
import { invalid, type Violation } from "../problem.ts";
import { encodeValue, type KeyKind, type RecordId } from "./key.ts";
import { schemaViolations } from "./violations.ts";

/** Stands for an id that is still to be made when a record is shown to a schema that speaks of `id`. */
const SAMPLE_ID: Record<KeyKind, RecordId> = {
  integer: 1,
  string: "id",
  uuid: "00000000-0000-7000-8000-000000000000",
};

export class RecordType {
  readonly name: string;
  readonly object: string;
  readonly key: KeyKind;
  readonly filters: readonly string[];
  /** The fields that a text search looks in. */
  readonly search: readonly string[];
  /** The fields that those see who are granted no more. */
  readonly public: readonly string[];
  readonly schema: JsonSchema;
  readonly description: string;
  /** The fields by which its records are events of a calendar; undefined where they are none. */
  readonly dates: DateFields | undefined;
  /** Which type's records these belong to, and the field that holds the id of that. */
  readonly parent: TypeConfig["parent"];
  readonly topics: Readonly<Record<Action, string>>;
  /** Whether the schema itself speaks of `id`; if not, it is shown to the schema without. */
  readonly declaresId: boolean;
  readonly #validate: ValidateFunction;

  constructor(config: TypeConfig) {
    this.name = config.name;
    this.object = config.object;
    this.key = config.key;
    this.filters = config.filters;
    this.search = config.search ?? [];
    this.public = config.public;
    this.schema = config.schema;
    this.description = config.description;
    this.dates = config.dates;
    this.parent = config.parent;
    this.topics = {
      update: topicOf(config.name, "update"),
      destroy: topicOf(config.name, "destroy"),
      import: topicOf(config.name, "import"),
    };
    this.#validate = compileJsonSchema(config.schema);
    const { properties, required } = config.schema;
    this.declaresId =
      (typeof properties === "object" && properties !== null && "id" in properties) ||
      (Array.isArray(required) && required.includes("id"));
  }

  /**
   * What is wrong with a record, by its schema.
   * @param id  undefined where one is still to be made
   * @param at  goes before each field: `[3]` in a list
   */
  violations(id: RecordId | undefined, data: Record<string, unknown>, at = ""): Violation[] {
    const shown = this.declaresId ? { id: id ?? SAMPLE_ID[this.key], ...data } : data;
    return schemaViolations(this.#validate, shown, at);
  }

  /** The rows of the filter index that a record has. */
  indexed(data: Record<string, unknown>): { field: string; value: string }[] {
    return this.filters.map((field) => ({ field, value: encodeValue(data[field]) }));
  }

  /**
   * The index values that a filter's text may stand for: one by the schema's type, several where it leaves it open.
   * @throws Problem `invalid` when the field is no filter or the text does not fit its type
   */
  filterValues(field: string, text: string): string[] {
    const at = `filter[${field}]`;
    if (!this.filters.includes(field)) {
      const known = this.filters.length > 0 ? this.filters.join(", ") : "none";
      throw invalid(at, `${this.name} cannot be filtered by this; its filters: ${known}`);
    }
    const kind: FieldKind = fieldKind(this.schema, field);
    const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
    const flag = text === "true" ? true : text === "false" ? false : undefined;
    if (kind === "number" && number === undefined) throw invalid(at, "must be a number");
    if (kind === "boolean" && flag === undefined) throw invalid(at, "must be true or false");
    const candidates = { string: [text], number: [number], boolean: [flag], any: [text, number, flag] }[kind];
    return candidates.filter((value) => value !== undefined).map(encodeValue);
  }
}

export class TypeRegistry {
  #byName: ReadonlyMap<string, RecordType> = new Map();
  #byObject: ReadonlyMap<string, RecordType> = new Map();
  /** Grows with every reload: what was made of the types is then to be made anew. */
  version = 0;

  constructor(types: Record<string, TypeConfig>) {
    this.reload(types);
  }

  /** Other types from now on. */
  reload(types: Record<string, TypeConfig>): void {
    const compiled = Object.values(types).map((config) => new RecordType(config));
    this.#byName = new Map(compiled.map((type) => [type.name, type]));
    this.#byObject = new Map(compiled.map((type) => [type.object, type]));
    this.version++;
  }

  get all(): RecordType[] {
    return [...this.#byName.values()];
  }

  find(name: string): RecordType | undefined {
    return this.#byName.get(name);
  }

  /** The type whose records are called so in changes (`training`). */
  ofObject(object: string): RecordType | undefined {
    return this.#byObject.get(object);
  }
}
