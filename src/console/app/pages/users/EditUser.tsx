import { Button, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { isEmail, Members, MEMBERS } from "./Members.tsx";

export function EditUser({ user, readOnly }: { user: Schemas["User"]; readOnly: boolean }) {
  const { t } = useTranslation("users");
  const [error, setError] = useState<unknown>();
  const { id, email, name, roles, groups } = user;
  const form = useForm({
    initialValues: { email, name, roles, groups },
    validate: { email: (value) => (isEmail(value) ? null : t("emailRule")) },
  });
  const save = useDo((body: Schemas["UserPatch"]) => answer(api.api.v1.users({ id }).patch(body)), {
    done: () => t("saved"),
    changes: [["users"]],
    quiet: true,
  });
  const submit = async (values: typeof form.values) => {
    setError(undefined);
    // What was not touched is not sent: nobody's change is undone by it.
    const { roles: given, ...rest } = values;
    const same = given.length === roles.length && given.every((role) => roles.includes(role));
    try {
      await save.mutateAsync({ ...rest, ...(!same && { roles: given }) });
    } catch (failure) {
      const errors = fieldErrors(failure, MEMBERS);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack>
        {error !== undefined && <Failure error={error} />}
        <Members form={form} readOnly={readOnly} />
        {!readOnly && (
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
              {t("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}
