/** One property of a form, by its kind. */
import { Fieldset, NumberInput, Select, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useContext } from "react";
import { useTranslation } from "react-i18next";

import { FormContext } from "./context.ts";
import { JsonField } from "./JsonField.tsx";
import { type Property, propertiesOf } from "./schema.ts";
import { isoOfLocal, localOfIso } from "./times.ts";

export interface FieldProps {
  property: Property;
  value: unknown;
  /** Undefined: it is left out. */
  onChange: (value: unknown) => void;
}

export function Field({ property, value, onChange }: FieldProps) {
  const { t } = useTranslation("common");
  const { errors, readOnly } = useContext(FormContext);
  const { title, description, path, kind, required, nullable, choices } = property;
  // What the server says of something within is said here, where that has no input of its own.
  const error =
    errors[path] ??
    (kind === "object"
      ? undefined
      : Object.entries(errors).find(
          ([place]) => place.startsWith(`${path}.`) || place.startsWith(`${path}[`),
        )?.[1]);
  const shared = { label: title, description, error, withAsterisk: required, readOnly, name: path };
  const text = typeof value === "string" ? value : "";
  const change = (next: string) =>
    onChange(next === "" && !(required && kind === "long") ? empty(property, value) : next);
  if (value !== undefined && value !== null && !fits(kind, value))
    return <JsonField property={property} value={value} onChange={onChange} />;
  switch (kind) {
    case "text":
      return <TextInput {...shared} value={text} onChange={(event) => change(event.currentTarget.value)} />;
    case "long":
      return (
        <Textarea
          {...shared}
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
          autosize
          minRows={1}
          maxRows={12}
        />
      );
    case "date":
      return (
        <TextInput
          {...shared}
          type="date"
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
        />
      );
    case "dateTime":
      return (
        <TextInput
          {...shared}
          type="datetime-local"
          step={1}
          value={localOfIso(text)}
          onChange={(event) => change(isoOfLocal(event.currentTarget.value))}
        />
      );
    case "number":
    case "integer":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          allowDecimal={kind === "number"}
          hideControls
          onChange={(next) => onChange(next === "" ? empty(property, value) : Number(next))}
        />
      );
    case "boolean":
      return (
        <Select
          {...shared}
          data={[
            { value: "true", label: t("form.yes") },
            { value: "false", label: t("form.no") },
          ]}
          value={typeof value === "boolean" ? String(value) : null}
          clearable={!required && !readOnly}
          onChange={(next) => onChange(next === null ? empty(property, value) : next === "true")}
        />
      );
    case "choice":
      return (
        <Select
          {...shared}
          data={choices.map((choice) => ({ value: JSON.stringify(choice), label: String(choice) }))}
          value={value === undefined || value === null ? null : JSON.stringify(value)}
          clearable={(!required || nullable) && !readOnly}
          searchable={choices.length > 8}
          onChange={(next) =>
            onChange(next === null ? empty(property, value) : (JSON.parse(next) as unknown))
          }
        />
      );
    case "texts":
      return (
        <TagsInput
          {...shared}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length === 0 && !required ? undefined : next)}
          acceptValueOnBlur
        />
      );
    case "object":
      return <ObjectField property={property} value={value} onChange={onChange} />;
    case "json":
      return <JsonField property={property} value={value} onChange={onChange} />;
  }
}

function ObjectField({ property, value, onChange }: FieldProps) {
  const { root } = useContext(FormContext);
  const { title, path, schema, required } = property;
  const whole = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  return (
    <Fieldset legend={title}>
      <Stack gap="sm">
        {propertiesOf(schema, root, path).map((inner) => (
          <Field
            key={inner.path}
            property={inner}
            value={whole[inner.name]}
            onChange={(next) => {
              const changed = withValue(whole, inner.name, next);
              onChange(Object.keys(changed).length === 0 && !required ? undefined : changed);
            }}
          />
        ))}
      </Stack>
    </Fieldset>
  );
}

/** What an input that was emptied stands for. */
function empty({ nullable, required }: Property, before: unknown): unknown {
  return nullable && (required || before === null) ? null : undefined;
}

/** A value of another kind than the schema says is shown as it is. */
function fits(kind: Property["kind"], value: unknown): boolean {
  switch (kind) {
    case "text":
    case "long":
    case "date":
    case "dateTime":
      return typeof value === "string" && (kind !== "dateTime" || localOfIso(value) !== "");
    case "number":
    case "integer":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "object":
      return typeof value === "object" && !Array.isArray(value);
    default:
      return true;
  }
}

/** @param value  undefined takes it away */
export function withValue(
  whole: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): Record<string, unknown> {
  const { [name]: _, ...others } = whole;
  if (value === undefined) return others;
  return name in whole ? { ...whole, [name]: value } : { ...others, [name]: value };
}
