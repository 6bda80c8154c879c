/** The first administrator: with the link that the server has printed, once. */
import { Alert, Button, Divider, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconLinkOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { sendJson } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { type Session, useSessionChange } from "../../session.tsx";
import { forgetLinkToken, useLinkToken } from "./fragment.ts";
import { isRefused, rememberOrganisation } from "./log-in.ts";
import { PASSWORD_LENGTH } from "./password.ts";
import { Sheet } from "./Sheet.tsx";

const CODE = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const FIELDS = ["code", "organisation", "username", "name", "email", "password"] as const;

export function Setup() {
  const { t } = useTranslation("login");
  const token = useLinkToken();
  const changed = useSessionChange();
  const [, navigate] = useLocation();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { code: "", organisation: "", username: "", name: "", email: "", password: "" },
    validate: {
      code: (value) => (CODE.test(value.trim()) ? null : t("setup.codeRule")),
      username: (value) => (value.trim() === "" ? t("missing") : null),
      email: (value) => (/^[^\s@]+@[^\s@]+$/.test(value.trim()) ? null : t("setup.emailRule")),
      password: (value) =>
        [...value].length < PASSWORD_LENGTH ? t("passwordRule", { length: PASSWORD_LENGTH }) : null,
    },
  });
  const submit = async () => {
    const { code, organisation, username, name, email, password } = form.values;
    setBusy(true);
    setError(undefined);
    try {
      const session = await sendJson<Session>("/api/v1/setup", {
        method: "POST",
        json: {
          token,
          organisation: {
            code: code.trim(),
            ...(organisation.trim() !== "" && { name: organisation.trim() }),
          },
          ...{ username: username.trim(), email: email.trim(), password },
          ...(name.trim() !== "" && { name: name.trim() }),
        },
      });
      forgetLinkToken();
      rememberOrganisation(session.organisation.code);
      changed(session);
      navigate("/", { replace: true });
    } catch (failure) {
      setBusy(false);
      const rename = {
        "organisation.code": "code",
        "organisation.name": "organisation",
        organisation: "code",
      };
      const errors = fieldErrors(failure, FIELDS, rename);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  if (token === "" || isRefused(error)) {
    return (
      <Sheet title={t("setup.title")}>
        <Alert color="yellow" icon={<IconLinkOff aria-hidden />} title={t("setup.invalid")} role="alert">
          {t("setup.invalidText")}
        </Alert>
        <Button variant="default" onClick={() => navigate("/", { replace: true })}>
          {t("toLogin")}
        </Button>
      </Sheet>
    );
  }
  return (
    <Sheet title={t("setup.title")} lead={t("setup.lead")} width={520}>
      <form onSubmit={form.onSubmit(() => void submit())} noValidate>
        <Stack>
          {error !== undefined && <Failure error={error} />}
          <Divider label={t("organisation")} labelPosition="left" />
          <TextInput
            label={t("setup.code")}
            description={t("setup.codeHint")}
            placeholder="demo"
            required
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            {...form.getInputProps("code")}
          />
          <TextInput
            label={t("setup.organisationName")}
            description={t("setup.organisationHint")}
            autoComplete="organization"
            {...form.getInputProps("organisation")}
          />
          <Divider label={t("setup.you")} labelPosition="left" />
          <TextInput
            label={t("username")}
            description={t("setup.usernameHint")}
            required
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            {...form.getInputProps("username")}
          />
          <TextInput label={t("setup.name")} autoComplete="name" {...form.getInputProps("name")} />
          <TextInput
            label={t("setup.email")}
            required
            type="email"
            autoComplete="email"
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={t("password")}
            description={t("passwordRule", { length: PASSWORD_LENGTH })}
            required
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={busy}>
            {t("setup.create")}
          </Button>
        </Stack>
      </form>
    </Sheet>
  );
}
