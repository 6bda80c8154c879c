import { Alert, Button, Group, Select, Stack, TagsInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api, type Schemas } from "../../api/client.ts";
import { fieldErrors } from "../../parts/formErrors.ts";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { type Account, mayImpersonate, policiesKey, scopesOf, usePeople } from "./data.ts";

const LIVES = ["5m", "15m", "1h", "8h", "24h"] as const;
const FIELDS = ["users", "groups", "scopes", "life"] as const;

export function PolicyForm({
  accounts,
  chosen,
  done,
}: {
  accounts: readonly Account[];
  /** The id of the account that is looked at; empty: of none. */
  chosen: string;
  done: (account: string) => void;
}) {
  const { t } = useTranslation("impersonation");
  const [error, setError] = useState<unknown>();
  const people = usePeople();
  const form = useForm({
    initialValues: {
      ...{ account: chosen, life: "15m" },
      ...{ users: [] as string[], groups: [] as string[], scopes: [] as string[] },
    },
    validate: {
      account: (value) => (value === "" ? t("needed") : null),
      users: (value, { groups }) => (value.length + groups.length === 0 ? t("somebody") : null),
      scopes: (value) => (value.length === 0 ? t("needed") : null),
    },
  });
  const account = accounts.find(({ id }) => id === form.values.account);
  const add = useDo(
    (body: Schemas["ImpersonationPolicyInput"]) =>
      answer(api.api.v1.accounts({ id: form.values.account })["impersonation-policies"].post(body)),
    { changes: [policiesKey(form.values.account)], done: () => t("added"), quiet: true },
  );
  const submit = async ({ account: id, ...body }: typeof form.values) => {
    setError(undefined);
    try {
      await add.mutateAsync(body);
      done(id);
    } catch (failure) {
      const errors = fieldErrors(failure, FIELDS);
      if (errors) form.setErrors(errors);
      else setError(failure);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack>
        {error !== undefined && <Failure error={error} />}
        <Select
          label={t("account")}
          required
          searchable
          limit={100}
          data={accounts.map(({ id, name }) => ({ value: id, label: name }))}
          data-autofocus
          {...form.getInputProps("account")}
        />
        {account && !mayImpersonate(account) && <Alert color="yellow">{t("needsGrant")}</Alert>}
        <TagsInput
          label={t("users")}
          description={t("usersHint")}
          data={people.usernames}
          limit={100}
          maxTags={500}
          {...form.getInputProps("users")}
        />
        <TagsInput
          label={t("groups")}
          description={t("groupsHint")}
          data={people.groups}
          limit={100}
          maxTags={500}
          {...form.getInputProps("groups")}
        />
        <TagsInput
          label={t("within")}
          description={t("scopesHint")}
          placeholder="trainings:read"
          required
          data={account ? scopesOf(account) : []}
          splitChars={[",", " "]}
          maxTags={100}
          {...form.getInputProps("scopes")}
        />
        <Select
          label={t("life")}
          description={t("lifeHint")}
          data={LIVES.map((value) => ({ value, label: t(`lives.${value}`) }))}
          {...form.getInputProps("life")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t("allow")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
