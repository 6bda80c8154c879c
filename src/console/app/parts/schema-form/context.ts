import { createContext } from "react";

import type { Schema } from "./schema.ts";

/** What the fields of one form share. */
export interface FormState {
  /** What the fields' references speak of. */
  root: Schema;
  /** By path. */
  errors: Readonly<Record<string, string>>;
  readOnly: boolean;
  /** Told when a field has a text that is no value. */
  broken: (path: string, is: boolean) => void;
}

export const FormContext = createContext<FormState>({
  root: {},
  errors: {},
  readOnly: false,
  broken: () => {},
});
