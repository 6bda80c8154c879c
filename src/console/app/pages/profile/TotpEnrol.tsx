/** Switching one-time codes on: the password, then the secret, then a code that shows that the app has it. */
import { Button, Center, Group, Image, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import { Failure } from "../../parts/states.tsx";
import { Secret } from "../../parts/Secret.tsx";
import { useOwn } from "./own.ts";

interface Enrolment {
  /** Base32. */
  secret: string;
  otpauth_uri: string;
  /** SVG. */
  qr: string;
}

export function TotpEnrol({ username, done }: { username: string; done: () => void }) {
  const { t } = useTranslation("profile");
  const own = useOwn();
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const doing = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const begin = (event: FormEvent) => {
    event.preventDefault();
    void doing(async () => {
      const json = { password };
      setEnrolment(await sendJson<Enrolment>("/api/v1/session/totp", { method: "POST", json }));
    });
  };
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    void doing(async () => {
      const json = { code: code.replaceAll(/\s/g, "") };
      await sendJson<void>("/api/v1/session/totp/confirm", { method: "POST", json });
      own({ totp: true });
      notifications.show({ message: t("totp.isOn"), color: "teal" });
      done();
    });
  };
  const wrong = violated(error);
  if (!enrolment) {
    return (
      <form onSubmit={begin}>
        <Stack>
          <Text size="sm">{t("totp.first")}</Text>
          {error !== undefined && !wrong && <Failure error={error} />}
          <input type="text" name="username" value={username} autoComplete="username" readOnly hidden />
          <PasswordInput
            label={t("password.current")}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={wrong && t("password.wrong")}
            required
            autoComplete="current-password"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t("totp.next")}
            </Button>
          </Group>
        </Stack>
      </form>
    );
  }
  return (
    <form onSubmit={confirm}>
      <Stack>
        <Text size="sm">{t("totp.scan")}</Text>
        <Center>
          {/* As an image: whatever stands in it cannot run. White around it, or no camera reads it in the dark. */}
          <Image
            src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr)}`}
            alt={t("totp.qr")}
            w={220}
            h={220}
            p={10}
            bg="white"
            radius="sm"
          />
        </Center>
        <Secret label={t("totp.secret")} value={enrolment.secret} />
        {error !== undefined && !wrong && <Failure error={error} />}
        <TextInput
          label={t("totp.code")}
          description={t("totp.codeHint")}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={wrong && t("totp.wrong")}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          required
          autoFocus
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {t("totp.confirm")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What was typed is not right: told at the field. */
export function violated(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422;
}
