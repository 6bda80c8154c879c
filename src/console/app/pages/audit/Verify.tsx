/** Walks the chain of the audit log: an operation, for those who look after the whole server. */
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { CodeBox } from "../../parts/CodeBox.tsx";
import { OperationProgress, useOperation } from "../../parts/OperationProgress.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";

export function Verify({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation("audit");
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("verify.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {opened && <Asked close={close} />}
    </Modal>
  );
}

/** `SEQUENCE:HASH`, as the command line prints it and as it is shown below. */
const NOTED = /^(\d{1,15}):([\w-]{43})$/;

function Asked({ close }: { close: () => void }) {
  const { t } = useTranslation("audit");
  const [noted, setNoted] = useState("");
  const [, sequence, hash] = NOTED.exec(noted.trim()) ?? [];
  const known =
    sequence === undefined || hash === undefined ? undefined : { sequence: Number(sequence), hash };
  const start = useDo(() => answer(api.api.v1.audit.verify.post(known === undefined ? {} : { known })), {
    quiet: true,
  });
  const wrong = noted.trim() !== "" && known === undefined;
  if (start.data) return <Walk id={start.data.id} close={close} />;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) start.mutate(undefined);
      }}
    >
      <Stack>
        <Text size="sm">{t("verify.text")}</Text>
        <TextInput
          label={t("verify.known")}
          description={t("verify.knownText")}
          value={noted}
          onChange={(event) => setNoted(event.currentTarget.value)}
          error={wrong ? t("verify.knownRule") : undefined}
          autoComplete="off"
          spellCheck={false}
        />
        {start.error !== null && <Failure error={start.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("common:confirm.cancel")}
          </Button>
          <Button type="submit" loading={start.isPending} disabled={wrong}>
            {t("verify.run")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Walk({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation("audit");
  const { data } = useOperation(id);
  const queries = useQueryClient();
  const over = data !== undefined && data.status !== "IN_PROGRESS";
  // The check itself is an event.
  useEffect(() => {
    if (over) void queries.invalidateQueries({ queryKey: ["audit"] });
  }, [over, queries]);
  const whole = data?.status === "SUCCESS" ? lastOf(data.result) : undefined;
  return (
    <Stack>
      <OperationProgress id={id} />
      {whole !== undefined && (
        <>
          <Text size="sm">{t("verify.note")}</Text>
          <CodeBox text={whole} label={t("verify.last")} wrap />
        </>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("close")}
        </Button>
      </Group>
    </Stack>
  );
}

/** The last event of a chain that is whole, to be noted elsewhere. */
function lastOf(result: Record<string, unknown> | null): string | undefined {
  const last = result?.["last"];
  if (typeof last !== "object" || last === null || !("sequence" in last) || !("hash" in last))
    return undefined;
  return `${String(last.sequence)}:${String(last.hash)}`;
}
