/** An operation while it runs: how far it is, a way to stop it, and what it came to. */
import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../api/client.ts";
import { useFormats } from "../format.ts";
import { Failure, Loading } from "./states.tsx";
import { useDo } from "./useDo.ts";

const RUNNING_MS = 700;

export type Operation = Schemas["Operation"];

export const operationKey = (id: string) => ["operation", id] as const;

/** @param finished  told once, when it is over */
export function useOperation(id: string | undefined) {
  return useQuery({
    queryKey: operationKey(id ?? ""),
    queryFn: () => answer(api.api.v1.operations({ id: id ?? "" }).get()),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.status === "IN_PROGRESS" ? RUNNING_MS : false),
  });
}

export function OperationProgress({ id }: { id: string }) {
  const { t } = useTranslation("common");
  const format = useFormats();
  const query = useOperation(id);
  const cancel = useDo(() => answer(api.api.v1.operations({ id }).cancel.post()), {
    changes: [operationKey(id)],
  });
  const operation = query.data;
  if (!operation) return query.isError ? <Failure error={query.error} /> : <Loading rows={2} />;
  const { status, message, progress } = operation;
  const { done = 0, total = null } = progress ?? {};
  const running = status === "IN_PROGRESS";
  const known = total !== null && total > 0;
  const percent = known ? Math.min(100, (done / total) * 100) : running ? 100 : 0;
  const color = { IN_PROGRESS: "koppla", SUCCESS: "teal", ERROR: "red" }[status];
  return (
    <Stack gap="xs" role="status" aria-live="polite">
      <Progress
        value={running ? percent : 100}
        color={color}
        animated={running}
        striped={running && !known}
        aria-label={t("operation.progress")}
      />
      <Group justify="space-between">
        <Text size="sm">
          {t(`operation.status.${status}`)}
          {known && ` · ${t("operation.of", { done: format.number(done), total: format.number(total) })}`}
          {!known && done > 0 && ` · ${format.number(done)}`}
        </Text>
        {running && (
          <Button
            size="xs"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(undefined)}
          >
            {t("operation.cancel")}
          </Button>
        )}
      </Group>
      {message && !running && (
        <Alert color={color} variant="light">
          {message}
        </Alert>
      )}
    </Stack>
  );
}
