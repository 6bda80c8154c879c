/** Somebody's ways in: another password, one-time codes on, anew, or off. */
import { Badge, Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { Confirm, type Question } from "../../parts/confirm.tsx";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { PASSWORD_LENGTH } from "../login/password.ts";
import { Section } from "../../parts/Section.tsx";
import { TotpShown } from "./TotpShown.tsx";

const CHANGES = { changes: [["users"]], quiet: true };

export function UserLogin({ user }: { user: Schemas["User"] }) {
  const { t } = useTranslation("users");
  const { id, username, totp } = user;
  const [asked, setAsked] = useState<"password" | "reset" | "off">();
  const [secret, setSecret] = useState<Schemas["TotpSecret"]>();
  const reset = useDo(() => answer(api.api.v1.users({ id }).totp.post()), CHANGES);
  const off = useDo(() => answer(api.api.v1.users({ id }).totp.delete()), {
    ...CHANGES,
    done: () => t("totp.isOff", { username }),
  });
  const questions: Record<"reset" | "off", Question> = {
    reset: {
      title: totp ? t("totp.reset") : t("totp.switchOn"),
      text: totp ? t("totp.resetText", { username }) : t("totp.switchOnText", { username }),
      action: totp ? t("totp.reset") : t("totp.switchOn"),
      color: "koppla",
    },
    off: {
      title: t("totp.switchOff"),
      text: t("totp.switchOffText", { username }),
      action: t("totp.switchOff"),
    },
  };
  const close = () => setAsked(undefined);
  const run = async () => {
    if (asked === "reset") setSecret(await reset.mutateAsync(undefined));
    else await off.mutateAsync(undefined);
  };
  return (
    <Section title={t("ways")}>
      <Group justify="space-between">
        <Text size="sm">{t("password")}</Text>
        <Button variant="default" onClick={() => setAsked("password")}>
          {t("setPassword")}
        </Button>
      </Group>
      <Group justify="space-between">
        <Group gap="xs">
          <Text size="sm">{t("totp.title")}</Text>
          <Badge color={totp ? "teal" : "gray"} tt="none">
            {totp ? t("totp.asked") : t("totp.notAsked")}
          </Badge>
        </Group>
        <Group gap="xs">
          <Button variant="default" onClick={() => setAsked("reset")}>
            {questions.reset.action}
          </Button>
          {totp && (
            <Button variant="default" onClick={() => setAsked("off")}>
              {t("totp.switchOff")}
            </Button>
          )}
        </Group>
      </Group>
      <Confirm
        question={asked === "reset" || asked === "off" ? questions[asked] : undefined}
        run={run}
        close={close}
      />
      <Modal opened={asked === "password"} onClose={close} title={t("setPassword")}>
        <PasswordForm user={user} done={close} />
      </Modal>
      <Modal
        opened={secret !== undefined}
        onClose={() => {}}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        title={t("totp.title")}
      >
        {secret && <TotpShown totp={secret} username={username} done={() => setSecret(undefined)} />}
      </Modal>
    </Section>
  );
}

function PasswordForm({ user: { id, username }, done }: { user: Schemas["User"]; done: () => void }) {
  const { t } = useTranslation("users");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const set = useDo((body: Schemas["NewPassword"]) => answer(api.api.v1.users({ id }).password.post(body)), {
    ...CHANGES,
    done: () => t("passwordSet", { username }),
  });
  const short = [...password].length < PASSWORD_LENGTH;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (short) return setError({ short });
    setError(undefined);
    try {
      await set.mutateAsync({ password });
      done();
    } catch (failure) {
      setError(failure);
    }
  };
  const told = fieldErrors(error, ["password"]);
  const rule = t("passwordRule", { length: PASSWORD_LENGTH });
  const tooShort = short && error !== undefined && !(error instanceof Error);
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack>
        <Text size="sm">{t("setPasswordText", { username })}</Text>
        {error instanceof Error && !told && <Failure error={error} />}
        <PasswordInput
          label={t("password")}
          description={rule}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={told?.["password"] ?? (tooShort && rule)}
          required
          autoComplete="new-password"
          data-autofocus
        />
        <Group justify="flex-end">
          <Button type="submit" loading={set.isPending}>
            {t("setPassword")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
