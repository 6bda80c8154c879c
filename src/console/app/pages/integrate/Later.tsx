import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useState } from "react";

/** Milliseconds without a key. */
const TYPING_MS = 350;

/** A text that counts once nobody types any more. */
export function Later({
  value,
  change,
  ...shown
}: {
  label: string;
  placeholder: string;
  value: string;
  change: (value: string) => void;
  inputMode?: "text" | "decimal";
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const tell = useDebouncedCallback(change, TYPING_MS);
  return (
    <TextInput
      {...shown}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
    />
  );
}
