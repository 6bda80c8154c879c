import { Button, Checkbox, Group, Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { answer, api, type Schemas } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { PASSWORD_LENGTH } from "../login/password.ts";
import { isEmail, Members, MEMBERS } from "./Members.tsx";
import { TotpShown } from "./TotpShown.tsx";

const USERNAME = /^[\p{L}\p{M}\p{N}._@+-]{1,100}$/u;

export function NewUser() {
  const { t } = useTranslation("users");
  const [, navigate] = useLocation();
  const [error, setError] = useState<unknown>();
  const [made, setMade] = useState<Schemas["CreatedUser"]>();
  const form = useForm({
    initialValues: {
      ...{ username: "", email: "", name: "", password: "", totp: false },
      ...{ roles: [] as string[], groups: [] as string[] },
    },
    validate: {
      username: (value) => (USERNAME.test(value.trim().normalize("NFKC")) ? null : t("usernameRule")),
      email: (value) => (isEmail(value) ? null : t("emailRule")),
      password: (value) =>
        value !== "" && [...value].length < PASSWORD_LENGTH
          ? t("passwordRule", { length: PASSWORD_LENGTH })
          : null,
    },
  });
  const create = useDo((body: Schemas["UserInput"]) => answer(api.api.v1.users.post(body)), {
    done: ({ username }) => t("created", { username }),
    changes: [["users"]],
    quiet: true,
  });
  const submit = async ({ password, username, email, name, ...rest }: typeof form.values) => {
    setError(undefined);
    try {
      const user = await create.mutateAsync({
        ...rest,
        ...{ username: username.trim(), email: email.trim(), name: name.trim() },
        ...(password !== "" && { password }),
      });
      if (user.totp === false) navigate(`/users/${user.id}`, { replace: true });
      else setMade(user);
    } catch (failure) {
      const errors = fieldErrors(failure, [...MEMBERS, "username", "password", "totp"]);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  return (
    <PageFrame title={t("new")} above={[{ title: t("common:pages.users"), to: "/users" }]}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack maw={640}>
          {error !== undefined && <Failure error={error} />}
          <TextInput
            label={t("username")}
            description={t("usernameHint")}
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={100}
            {...form.getInputProps("username")}
          />
          <Members form={form} />
          <PasswordInput
            label={t("password")}
            description={t("passwordHint", { length: PASSWORD_LENGTH })}
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <Checkbox
            label={t("totp.ask")}
            description={t("totp.askHint")}
            {...form.getInputProps("totp", { type: "checkbox" })}
          />
          <Group justify="flex-end">
            <Button component={Link} href="/users" variant="default">
              {t("common:confirm.cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("create")}
            </Button>
          </Group>
        </Stack>
      </form>
      <Modal
        opened={made !== undefined}
        onClose={() => {}}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        title={t("totp.title")}
      >
        {made && made.totp !== false && (
          <TotpShown
            totp={made.totp}
            username={made.username}
            done={() => navigate(`/users/${made.id}`, { replace: true })}
          />
        )}
      </Modal>
    </PageFrame>
  );
}
