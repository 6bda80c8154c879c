/** Switching one-time codes off: with the password, and a last code. */
import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useOwn } from "./own.ts";

export function TotpRemove({ username, done }: { username: string; done: () => void }) {
  const { t } = useTranslation("profile");
  const own = useOwn();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const form = useForm({ initialValues: { password: "", code: "" } });
  const submit = async ({ password, code }: typeof form.values) => {
    setBusy(true);
    setError(undefined);
    try {
      const json = { password, code: code.replaceAll(/\s/g, "") };
      await sendJson<void>("/api/v1/session/totp", { method: "DELETE", json });
      own({ totp: false });
      notifications.show({ message: t("totp.isOff"), color: "teal" });
      done();
    } catch (failure) {
      const errors = fieldErrors(failure, ["password", "code"]);
      if (errors) form.setErrors(errors);
      else setError(failure);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <Text size="sm">{t("totp.last")}</Text>
        {error !== undefined && <Failure error={error} />}
        <input type="text" name="username" value={username} autoComplete="username" readOnly hidden />
        <PasswordInput
          label={t("password.current")}
          required
          autoComplete="current-password"
          data-autofocus
          {...form.getInputProps("password")}
        />
        <TextInput
          label={t("totp.code")}
          required
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          {...form.getInputProps("code")}
        />
        <Group justify="flex-end">
          <Button type="submit" color="red" loading={busy}>
            {t("totp.remove")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
