/** The frame of what is shown before there is a session: who this is, the language, and one thing to do. */
import { Box, Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

import { Offline } from "../../shell/Offline.tsx";
import { Preferences } from "../../shell/Preferences.tsx";
import { KopplaIcon } from "../registry.ts";

export function Sheet({
  title,
  lead,
  width = 400,
  children,
}: {
  title: string;
  lead?: ReactNode;
  /** The most, pixels. */
  width?: number;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Koppla`;
    // A field of the form that has the focus keeps it.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <Box mih="100dvh" style={{ display: "flex", flexDirection: "column" }}>
      <Group component="header" justify="space-between" p="md">
        <Group gap={8} wrap="nowrap">
          <KopplaIcon size={24} color="var(--mantine-primary-color-filled)" aria-hidden />
          <Text fw={700}>Koppla</Text>
        </Group>
        <Preferences />
      </Group>
      <Center component="main" px="md" pb={80} style={{ flex: 1 }}>
        <Paper withBorder p={{ base: "md", sm: "xl" }} w="100%" maw={width} radius="md">
          <Stack gap="md">
            <div>
              <Title order={1} ref={heading} tabIndex={-1} className="page-title">
                {title}
              </Title>
              {lead !== undefined && (
                <Text c="dimmed" size="sm" mt={4}>
                  {lead}
                </Text>
              )}
            </div>
            <Offline />
            {children}
          </Stack>
        </Paper>
      </Center>
    </Box>
  );
}
