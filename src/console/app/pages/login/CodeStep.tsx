/** The second step: the one-time code. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { Failure } from "../../parts/states.tsx";
import { isRefused } from "./log-in.ts";

export function CodeStep({
  enter,
  back,
}: {
  /** @throws what is shown */
  enter: (code: string) => Promise<void>;
  back: () => void;
}) {
  const { t } = useTranslation("login");
  const [code, setCode] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await enter(code);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const wrong = isRefused(error);
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        {error !== undefined && !wrong && <Failure error={error} />}
        <TextInput
          label={t("code")}
          description={t("codeHint")}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={wrong && t("wrongCode")}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          required
          autoFocus
          data-autofocus
        />
        <Group justify="space-between">
          <Button variant="default" onClick={back} disabled={busy}>
            {t("back")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("logIn")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
