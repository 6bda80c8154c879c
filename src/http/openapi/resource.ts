/** What the file of a resource gives to the document. */
import type { OperationDetail, Schema, Tag } from "./spec.ts";

export interface Resource {
  tag: Tag;
  /** By the routes' `operationId`. What a route's `detail` says itself goes before it. */
  operations: Record<string, OperationDetail>;
  schemas: Record<string, Schema>;
}

/** What of the configuration the descriptions of fixed paths speak of. */
export interface Vocabulary {
  /** Every topic. */
  topics: readonly string[];
  /** The singular names of the types, and what the ids of each look like. */
  objects: readonly { object: string; id: string | number; path: string }[];
  /** Names of retry schedules. */
  schedules: readonly string[];
  /** Without a trailing slash. */
  publicUrl: string;
}

/** Text that is one of `values`; where there are none yet, any. */
export function oneOf(values: readonly string[], description?: string): Schema {
  return {
    type: "string",
    ...(values.length > 0 && { enum: [...values] }),
    ...(description !== undefined && { description }),
  };
}
