import { Group, PasswordInput } from "@mantine/core";

import { CopyButton } from "./CopyButton.tsx";

/** A secret that is shown once: hidden until asked for, to be copied. */
export function Secret({ label, value }: { label: string; value: string }) {
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <PasswordInput
        label={label}
        value={value}
        readOnly
        style={{ flex: 1 }}
        styles={{ innerInput: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        autoComplete="off"
      />
      <CopyButton value={value} label={label} text />
    </Group>
  );
}
