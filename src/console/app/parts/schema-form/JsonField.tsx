import { Textarea } from "@mantine/core";
import { useContext, useState } from "react";
import { useTranslation } from "react-i18next";

import { FormContext } from "./context.ts";
import type { FieldProps } from "./Field.tsx";

/** What no other input can hold: lists of objects, values of several types. */
export function JsonField({ property, value, onChange }: FieldProps) {
  const { t } = useTranslation("common");
  const { errors, readOnly, broken } = useContext(FormContext);
  const { title, description, path, required } = property;
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [wrong, setWrong] = useState(false);
  const change = (next: string) => {
    setText(next);
    const parsed = parse(next);
    setWrong(parsed === "broken");
    broken(path, parsed === "broken");
    if (parsed !== "broken") onChange(parsed.value);
  };
  const told = Object.entries(errors).find(
    ([place]) => place === path || place.startsWith(`${path}.`) || place.startsWith(`${path}[`),
  )?.[1];
  return (
    <Textarea
      label={title}
      description={description ?? t("form.json")}
      error={wrong ? t("form.notJson") : told}
      withAsterisk={required}
      readOnly={readOnly}
      name={path}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
    />
  );
}

function parse(text: string): { value: unknown } | "broken" {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return "broken";
  }
}
