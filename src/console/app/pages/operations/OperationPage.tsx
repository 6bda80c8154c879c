import { Anchor, Button, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { CodeBox } from "../../parts/CodeBox.tsx";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { download } from "../../parts/download.ts";
import { type Operation, OperationProgress, useOperation } from "../../parts/OperationProgress.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { useDo } from "../../parts/useDo.ts";
import { When } from "../../parts/When.tsx";

/** One operation: how far it is, and what came of it. */
export function OperationPage({ id }: { id: string }) {
  const { t } = useTranslation("operations");
  const query = useOperation(id);
  return (
    <PageFrame
      title={query.data?.kind ?? t("one")}
      above={[{ title: t("common:pages.operations"), to: "/operations" }]}
    >
      <Queried query={query}>{(operation) => <Shown operation={operation} />}</Queried>
    </PageFrame>
  );
}

function Shown({ operation }: { operation: Operation }) {
  const { t } = useTranslation("operations");
  const { id, message, submitted_at, submitted_by, completed_at, last_updated_at, result } = operation;
  const { resource_type, resource_name, status } = operation;
  const about =
    resource_type === "receiver" && resource_name !== null ? `/receivers/${resource_name}` : undefined;
  return (
    <Stack maw={960}>
      <Paper withBorder p="md">
        <OperationProgress id={id} />
        {status === "IN_PROGRESS" && message !== "" && (
          <Text size="sm" mt="xs">
            {message}
          </Text>
        )}
      </Paper>
      <Paper withBorder p="md">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} component="dl" m={0}>
          <Fact name={t("columns.submitted")}>
            <When at={submitted_at} exact />
          </Fact>
          <Fact name={t("columns.by")}>{submitted_by ?? "–"}</Fact>
          {resource_type !== null && (
            <Fact name={t("about")}>
              {about === undefined ? (
                `${resource_type} ${resource_name ?? ""}`
              ) : (
                <Anchor component={Link} href={about} size="sm">
                  {resource_type} {resource_name}
                </Anchor>
              )}
            </Fact>
          )}
          <Fact name={completed_at === null ? t("updated") : t("completed")}>
            <When at={completed_at ?? last_updated_at} exact />
          </Fact>
          <Fact name={t("id")}>
            <span className="mono">{id}</span> <CopyButton value={id} />
          </Fact>
        </SimpleGrid>
      </Paper>
      {result !== null && <Result result={result} />}
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" component="dt">
        {name}
      </Text>
      <Text size="sm" component="dd" m={0} style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </div>
  );
}

/** What came of it. A file that it made can be taken away; of what was wrong with lines, the file that tells them. */
function Result({ result }: { result: Record<string, unknown> }) {
  const { t } = useTranslation("operations");
  const save = useDo((path: string) => download(path, path.replace(/^.*\//, "")));
  const files = Object.entries(result).flatMap(([name, value]) => {
    const path = typeof value === "string" ? ownPath(value) : undefined;
    return path === undefined ? [] : [{ name, path }];
  });
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t("result")}
      </Title>
      <CodeBox text={JSON.stringify(result, null, 2)} label={t("result")} />
      {files.map(({ name, path }) => (
        <Button
          key={name}
          mt="sm"
          mr="xs"
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          loading={save.isPending}
          onClick={() => save.mutate(path)}
        >
          {t("download", { name })}
        </Button>
      ))}
    </Paper>
  );
}

/** The path of a URL that leads to a file of the API. */
function ownPath(text: string): string | undefined {
  const at = text.indexOf("/api/v1/operations/");
  return at === -1 ? undefined : text.slice(at);
}
