import { Box, ScrollArea } from "@mantine/core";

import { CopyButton } from "./CopyButton.tsx";

/** Text as it is, with a button to copy it: bodies, headers, commands. Long ones scroll. */
export function CodeBox({
  text,
  label,
  height = 420,
  wrap = false,
}: {
  text: string;
  /** What it is: for screen readers, and of the button. */
  label: string;
  /** The most, pixels. */
  height?: number;
  wrap?: boolean;
}) {
  return (
    <Box
      pos="relative"
      bd="1px solid var(--mantine-color-default-border)"
      style={{ borderRadius: "var(--mantine-radius-sm)" }}
    >
      <Box pos="absolute" top={4} right={4} style={{ zIndex: 1 }}>
        <CopyButton value={text} label={label} />
      </Box>
      <ScrollArea.Autosize
        mah={height}
        type="auto"
        viewportProps={{ tabIndex: 0, role: "region", "aria-label": label }}
      >
        <pre className="code" data-wrap={wrap}>
          <code>{text}</code>
        </pre>
      </ScrollArea.Autosize>
    </Box>
  );
}

/** JSON as people read it; what is none stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
