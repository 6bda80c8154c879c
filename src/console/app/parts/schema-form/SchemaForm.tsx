/**
 * The inputs of a JSON object by its JSON Schema: to edit a record, to run an action.
 *
 * Our own over Mantine's inputs, 6 KB with its validator, and no @rjsf: that is 123 KB (gzip, without React, Mantine and
 * a validator), is written for Mantine 8 with the calendar of @mantine/dates, cannot be bundled without ajv, which this
 * page's policy would not let run, and speaks English.
 */
import { Alert, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { ApiError } from "../../api/errors.ts";
import { type Fault, faultsOf } from "./check.ts";
import { FormContext } from "./context.ts";
import { Field, withValue } from "./Field.tsx";
import { JsonField } from "./JsonField.tsx";
import { propertiesOf, type Schema } from "./schema.ts";

export type Values = Record<string, unknown>;

/** A form's values, and what is wrong with them. */
export interface SchemaFormState {
  schema: Schema;
  values: Values;
  setValues: (values: Values) => void;
  errors: Readonly<Record<string, string>>;
  /** Takes the server's violations, each where it belongs; false: it is none of those, and to be shown as a whole. */
  refused: (error: unknown) => boolean;
  /** Whether it may be sent; else it shows what is wrong. */
  check: () => boolean;
  broken: (path: string, is: boolean) => void;
}

/** @param prefix  what the server's violations have before each path, such as `input.` */
export function useSchemaForm(schema: Schema, initial: Values, prefix = ""): SchemaFormState {
  const words = useFaultText();
  const [values, setAll] = useState(initial);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [unparsed, setUnparsed] = useState<ReadonlySet<string>>(new Set());
  return {
    ...{ schema, values, errors },
    setValues: (next) => {
      setAll(next);
      setErrors({});
    },
    check: () => {
      const found = Object.fromEntries(faultsOf(schema, values).map((fault) => [fault.path, words(fault)]));
      setErrors(found);
      return Object.keys(found).length === 0 && unparsed.size === 0;
    },
    refused: (error) => {
      if (!(error instanceof ApiError) || error.violations.length === 0) return false;
      setErrors(
        Object.fromEntries(
          error.violations.map(({ field, message }) => [
            field.startsWith(prefix) ? field.slice(prefix.length) : field,
            message,
          ]),
        ),
      );
      return true;
    },
    broken: (path, is) =>
      setUnparsed((before) => {
        if (before.has(path) === is) return before;
        const next = new Set(before);
        if (is) next.add(path);
        else next.delete(path);
        return next;
      }),
  };
}

/** @param hidden  names of properties that are not shown @param only  if given, no others are */
export function SchemaForm({
  form,
  readOnly = false,
  hidden = [],
  only,
}: {
  form: SchemaFormState;
  readOnly?: boolean;
  hidden?: readonly string[];
  only?: readonly string[] | undefined;
}) {
  const { t } = useTranslation("common");
  const { schema, values, setValues, errors, broken } = form;
  const known = useMemo(() => propertiesOf(schema, schema), [schema]);
  const shown = known.filter(({ name }) => !hidden.includes(name) && (only?.includes(name) ?? true));
  const names = new Set([...known.map(({ name }) => name), ...hidden]);
  const others = Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
  const open = schema["additionalProperties"] !== false && only === undefined;
  const places = new Set([...names, ...Object.keys(others)]);
  const elsewhere = Object.entries(errors).filter(([path]) => !places.has(path.split(/[.[]/)[0] ?? ""));
  return (
    <FormContext.Provider value={{ root: schema, errors, readOnly, broken }}>
      <Stack gap="sm">
        {elsewhere.length > 0 && (
          <Alert color="red" role="alert">
            {elsewhere.map(([path, message]) => (
              <div key={path}>{path === "" ? message : `${path}: ${message}`}</div>
            ))}
          </Alert>
        )}
        {shown.map((property) => (
          <Field
            key={property.path}
            property={property}
            value={values[property.name]}
            onChange={(value) => setValues(withValue(values, property.name, value))}
          />
        ))}
        {open && (known.length === 0 || Object.keys(others).length > 0) && (
          <JsonField
            property={{
              ...{
                path: "",
                name: "",
                kind: "json",
                required: false,
                nullable: false,
                schema: {},
                choices: [],
              },
              title: known.length === 0 ? t("form.whole") : t("form.others"),
              description: undefined,
            }}
            value={others}
            onChange={(value) => {
              const kept = Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
              const next = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
              setValues({ ...kept, ...next });
            }}
          />
        )}
      </Stack>
    </FormContext.Provider>
  );
}

/** A broken rule in words. */
function useFaultText(): (fault: Fault) => string {
  const { t, i18n } = useTranslation("common");
  return ({ keyword, limit }) => {
    const key = `form.rule.${keyword}`;
    return i18n.exists(key, { ns: "common" }) ? t(`form.rule.${keyword}`, { limit }) : t("form.rule.other");
  };
}
