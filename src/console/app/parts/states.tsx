/** What a page shows when it has nothing to show: still loading, nothing there, something wrong. */
import { Alert, Button, Center, Code, List, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconLock, IconMoodEmpty, type TablerIcon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ApiError } from "../api/errors.ts";

export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation("common");
  return (
    <Stack gap="xs" role="status" aria-label={t("states.loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={28} radius="sm" />
      ))}
    </Stack>
  );
}

/** Nothing there: says why, and what to do about it. */
export function Empty({
  title,
  text,
  action,
  icon: Icon = IconMoodEmpty,
}: {
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  icon?: TablerIcon;
}) {
  return (
    <Center py="xl">
      <Stack align="center" gap="xs" maw={440}>
        <ThemeIcon variant="light" color="gray" size={48} radius="xl">
          <Icon size={26} stroke={1.5} aria-hidden />
        </ThemeIcon>
        <Text fw={600} ta="center">
          {title}
        </Text>
        {text !== undefined && (
          <Text c="dimmed" size="sm" ta="center">
            {text}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

/** What went wrong, in the server's words, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { t } = useTranslation("common");
  const told = useErrorText();
  const { title, detail, violations, reference } = told(error);
  const forbidden = error instanceof ApiError && error.status === 403;
  return (
    <Alert
      color={forbidden ? "gray" : "red"}
      icon={forbidden ? <IconLock aria-hidden /> : <IconAlertTriangle aria-hidden />}
      title={title}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        {detail !== "" && <Text size="sm">{detail}</Text>}
        {violations.length > 0 && (
          <List size="sm">
            {violations.map(({ field, message }) => (
              <List.Item key={`${field} ${message}`}>
                {field !== "" && <Code>{field}</Code>} {message}
              </List.Item>
            ))}
          </List>
        )}
        {reference !== "" && (
          <Text size="xs" c="dimmed">
            {t("states.reference")} <Code>{reference}</Code>
          </Text>
        )}
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t("states.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** An error in words: the server's own where it has some. */
export function useErrorText() {
  const { t } = useTranslation("common");
  return (error: unknown) => {
    if (!(error instanceof ApiError)) {
      return { title: t("errors.program"), detail: String(error), violations: [], reference: "" };
    }
    const { status, violations, message } = error;
    const reference = error.instance.replace("urn:request:", "");
    if (status === 0)
      return { title: t("errors.unreachable"), detail: t("errors.unreachableText"), violations, reference };
    // What the server says then is meant for programs.
    if (status === 401) return { title: t("session.ended"), detail: "", violations, reference: "" };
    const known: Record<number, string> = {
      403: t("errors.forbidden"),
      404: t("errors.notFound"),
      409: t("errors.conflict"),
      412: t("errors.changed"),
      422: t("errors.invalid"),
      429: t("errors.tooMany"),
    };
    const title = known[status] ?? (status >= 500 ? t("errors.server") : t("errors.refused"));
    return { title, detail: message, violations, reference: status >= 500 ? reference : "" };
  };
}
