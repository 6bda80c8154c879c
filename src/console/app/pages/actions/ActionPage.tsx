import { Alert, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconFlask, IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { type Operation, OperationProgress } from "../../parts/OperationProgress.tsx";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { SchemaForm, useSchemaForm } from "../../parts/schema-form/SchemaForm.tsx";
import { Empty, Failure } from "../../parts/states.tsx";
import { useSession } from "../../session.tsx";
import { type Action, useActions } from "./data.ts";

/** One action: its input, tried out first, and what becomes of a run. */
export function ActionPage({ name }: { name: string }) {
  const { t } = useTranslation("actions");
  const query = useActions();
  return (
    <PageFrame title={name} above={[{ title: t("common:pages.actions"), to: "/actions" }]}>
      <Queried query={query}>
        {(actions) => {
          const action = actions.find((one) => one.name === name);
          return action ? <Form action={action} /> : <Empty title={t("common:errors.notFound")} />;
        }}
      </Queried>
    </PageFrame>
  );
}

/** What a request came to. */
type Outcome = { tried: Operation } | { started: Operation } | { error: unknown };

function Form({ action }: { action: Action }) {
  const { t } = useTranslation("actions");
  const format = useFormats();
  const { dry_run_header } = useSession();
  const form = useSchemaForm(action.input ?? {}, {});
  const [busy, setBusy] = useState<"dry" | "run">();
  const [outcome, setOutcome] = useState<Outcome>();
  const send = async (kind: "dry" | "run") => {
    if (!form.check()) return;
    setBusy(kind);
    setOutcome(undefined);
    try {
      const headers = kind === "dry" && dry_run_header !== null ? { [dry_run_header]: "true" } : {};
      const path = `/api/v1/actions/${encodeURIComponent(action.name)}`;
      const operation = await sendJson<Operation>(path, { method: "POST", json: form.values, headers });
      setOutcome(kind === "dry" ? { tried: operation } : { started: operation });
    } catch (error) {
      if (!form.refused(error)) setOutcome({ error });
    } finally {
      setBusy(undefined);
    }
  };
  if (!action.enabled) return <Alert color="yellow">{t("disabled")}</Alert>;
  return (
    <Stack maw={760}>
      {action.description !== "" && <Text>{action.description}</Text>}
      <Text size="sm" c="dimmed">
        {t("timeout", { time: format.duration(action.timeout_seconds * 1_000) })} {t(`dry.${action.dry_run}`)}
      </Text>
      <Paper withBorder p="md">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send("run");
          }}
        >
          <Stack>
            {action.input === null ? <Text size="sm">{t("noInput")}</Text> : <SchemaForm form={form} />}
            <Group>
              {dry_run_header !== null && (
                <Button
                  variant="default"
                  leftSection={<IconFlask size={16} aria-hidden />}
                  loading={busy === "dry"}
                  disabled={busy === "run"}
                  onClick={() => void send("dry")}
                >
                  {t("try")}
                </Button>
              )}
              <Button
                type="submit"
                leftSection={<IconPlayerPlay size={16} aria-hidden />}
                loading={busy === "run"}
                disabled={busy === "dry"}
              >
                {t("start")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Paper>
      <div aria-live="polite">{outcome && <Shown outcome={outcome} />}</div>
    </Stack>
  );
}

function Shown({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation("actions");
  if ("error" in outcome) return <Failure error={outcome.error} />;
  if ("tried" in outcome) {
    return (
      <Alert color="teal" icon={<IconFlask aria-hidden />} title={t("tried")}>
        <Text size="sm" mb="xs">
          {t("triedText")}
        </Text>
        <CodeBox text={JSON.stringify(outcome.tried, null, 2)} label={t("tried")} height={240} />
      </Alert>
    );
  }
  return (
    <Paper withBorder p="md">
      <OperationProgress id={outcome.started.id} />
    </Paper>
  );
}
