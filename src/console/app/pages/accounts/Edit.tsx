/** Changes an account; it holds at once, for tokens that it has already, too. */
import { Button, Group, Stack, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { answer, api } from "../../api/client.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import {
  type Account,
  accountKey,
  accountsKey,
  type Resource,
  useAccount,
  useAccountOptions,
} from "./data.ts";
import { type AccountForm, formOf, inputOf } from "./form.ts";
import { StepGrants, StepLimits, StepName } from "./Steps.tsx";
import { serverErrors, useAccountForm } from "./useAccountForm.ts";

export function EditAccount({ id }: { id: string }) {
  const { t } = useTranslation("accounts");
  const query = useAccount(id);
  const options = useAccountOptions();
  const above = [
    { title: t("common:pages.accounts"), to: "/accounts" },
    { title: query.data?.name ?? "…", to: `/accounts/${id}` },
  ];
  return (
    <PageFrame title={t("edit.title")} lead={t("edit.lead")} above={above}>
      <Queried query={query}>
        {(account) => (
          <Queried query={options}>
            {({ resources }) => <Fields account={account} resources={resources} />}
          </Queried>
        )}
      </Queried>
    </PageFrame>
  );
}

function Fields({ account, resources }: { account: Account; resources: readonly Resource[] }) {
  const { t } = useTranslation("accounts");
  const [, navigate] = useLocation();
  const form = useAccountForm(formOf(account));
  const { id } = account;
  const save = useDo(
    (values: AccountForm) => answer(api.api.v1.accounts({ id }).patch(inputOf(values, resources))),
    { quiet: true, changes: [accountKey(id), accountsKey], done: () => t("edit.done") },
  );
  const submit = form.onSubmit((values) =>
    save.mutate(values, {
      onSuccess: () => navigate(`/accounts/${id}`),
      onError: (error) => form.setErrors(serverErrors(error) ?? {}),
    }),
  );
  const whole = save.error !== null && serverErrors(save.error) === undefined;
  return (
    <form noValidate onSubmit={submit}>
      <Stack maw={760}>
        <StepName form={form} fresh={false} />
        <Title order={2}>{t("steps.grants")}</Title>
        <StepGrants form={form} resources={resources} />
        <Title order={2}>{t("steps.limits")}</Title>
        <StepLimits form={form} />
        {whole && <Failure error={save.error} />}
        <Group>
          <Button component={Link} href={`/accounts/${id}`} variant="default">
            {t("common:confirm.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t("edit.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
