/** Asks before something goes that does not come back, by naming what goes. */
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { Failure } from "./states.tsx";

export interface Question {
  title: string;
  /** What goes, and what stays. */
  text: string;
  /** On the button: what is done, such as "Delete the receiver". */
  action: string;
  /** To be typed first, where nothing brings it back: the name of what goes. */
  name?: string;
  color?: string;
}

/** @param run  does it; while it runs the dialog stays, and shows what went wrong */
export function Confirm({
  question,
  run,
  close,
}: {
  /** Undefined: closed. */
  question: Question | undefined;
  run: () => Promise<unknown>;
  close: () => void;
}) {
  return (
    <Modal opened={question !== undefined} onClose={close} title={question?.title ?? ""}>
      {question && <Asked question={question} run={run} close={close} />}
    </Modal>
  );
}

function Asked({
  question,
  run,
  close,
}: {
  question: Question;
  run: () => Promise<unknown>;
  close: () => void;
}) {
  const { t } = useTranslation("common");
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { text, action, name, color = "red" } = question;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await run();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <Text size="sm">{text}</Text>
        {name !== undefined && (
          <TextInput
            label={t("confirm.type", { name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
            autoComplete="off"
          />
        )}
        {error !== undefined && <Failure error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} disabled={busy}>
            {t("confirm.cancel")}
          </Button>
          <Button
            type="submit"
            color={color}
            loading={busy}
            disabled={name !== undefined && typed !== name}
            {...(name === undefined && { "data-autofocus": true })}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
