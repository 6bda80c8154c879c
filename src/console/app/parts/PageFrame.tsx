import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";

/**
 * A page's title, what can be done on it, and its content. The title is the document's too, and has the focus when the
 * page is opened, so that a screen reader says where one is.
 */
export function PageFrame({
  title,
  lead,
  actions,
  above = [],
  children,
}: {
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Buttons. */
  actions?: ReactNode;
  /** The pages above this one. */
  above?: readonly { title: string; to: string }[];
  children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Koppla`;
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <Stack gap="md">
      <div>
        {above.length > 0 && (
          <Breadcrumbs mb={4}>
            {above.map((page) => (
              <Anchor key={page.to} component={Link} href={page.to} size="sm">
                {page.title}
              </Anchor>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <div style={{ minWidth: 0 }}>
            <Title order={1} ref={heading} tabIndex={-1} className="page-title">
              {title}
            </Title>
            {lead !== undefined && (
              <Text c="dimmed" size="sm" maw={720}>
                {lead}
              </Text>
            )}
          </div>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      </div>
      {children}
    </Stack>
  );
}
