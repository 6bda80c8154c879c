/** Organisation, username and password; then the one-time code, where the person has one. */
import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Failure } from "../../parts/states.tsx";
import type { Session } from "../../session.tsx";
import { CodeStep } from "./CodeStep.tsx";
import { type Credentials, isRefused, lastOrganisation, logIn, needsCode } from "./log-in.ts";

/**
 * @param known  who it is to be; then only the password is asked for
 * @param entered  told of the session
 */
export function LoginForm({
  known,
  entered,
}: {
  known?: { organisation: string; username: string };
  entered: (session: Session, credentials: Credentials) => void;
}) {
  const { t } = useTranslation("login");
  const [step, setStep] = useState<"password" | "code">("password");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [remembered] = useState(lastOrganisation);
  const form = useForm<Credentials>({
    initialValues: { organisation: remembered, username: "", ...known, password: "" },
    validate: {
      organisation: (value) => (value.trim() === "" ? t("missing") : null),
      username: (value) => (value.trim() === "" ? t("missing") : null),
      password: (value) => (value === "" ? t("missing") : null),
    },
  });
  const given = (): Credentials => ({
    ...form.values,
    organisation: form.values.organisation.trim(),
    username: form.values.username.trim(),
  });
  const send = async (credentials: Credentials) => entered(await logIn(credentials), credentials);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await send(given());
    } catch (failure) {
      setBusy(false);
      if (needsCode(failure)) setStep("code");
      else setError(failure);
    }
  };
  if (step === "code") {
    return <CodeStep enter={(totp) => send({ ...given(), totp })} back={() => setStep("password")} />;
  }
  const first = known ? "password" : remembered === "" ? "organisation" : "username";
  const focus = (name: typeof first) => name === first && { autoFocus: true, "data-autofocus": true };
  return (
    <form onSubmit={form.onSubmit(() => void submit())} noValidate>
      <Stack>
        {isRefused(error) ? (
          <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t("wrong")} role="alert">
            {known ? t("wrongPassword") : t("wrongText")}
          </Alert>
        ) : (
          error !== undefined && <Failure error={error} />
        )}
        <TextInput
          label={t("organisation")}
          description={known ? undefined : t("organisationHint")}
          readOnly={known !== undefined}
          required
          autoComplete="organization"
          autoCapitalize="none"
          spellCheck={false}
          {...focus("organisation")}
          {...form.getInputProps("organisation")}
        />
        <TextInput
          label={t("username")}
          readOnly={known !== undefined}
          required
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          {...focus("username")}
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label={t("password")}
          required
          autoComplete="current-password"
          {...focus("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={busy} fullWidth>
          {t("logIn")}
        </Button>
      </Stack>
    </form>
  );
}
