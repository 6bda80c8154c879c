import { Box, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

/** A part of a page, with a title of its own. */
export function Section({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id}>
      <Stack gap="md">
        <Box>
          <Title order={2} id={id}>
            {title}
          </Title>
          {text !== undefined && (
            <Text size="sm" c="dimmed">
              {text}
            </Text>
          )}
        </Box>
        {children}
      </Stack>
    </Paper>
  );
}
