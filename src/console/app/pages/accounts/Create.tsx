/** A new account, step by step; then its secrets, once. */
import { Button, Group, Stack, Stepper, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { answer, api } from "../../api/client.ts";
import { useFormats } from "../../format.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { accountsKey, type Resource, useAccountOptions } from "./data.ts";
import { type AccountForm, emptyForm, inputOf, stepFields } from "./form.ts";
import { GrantList } from "./GrantList.tsx";
import { Secrets } from "./Secrets.tsx";
import { StepGrants, StepLimits, StepName } from "./Steps.tsx";
import { serverErrors, stepOf, useAccountForm } from "./useAccountForm.ts";

const REVIEW = stepFields.length;

export function CreateAccount() {
  const { t } = useTranslation("accounts");
  const options = useAccountOptions();
  return (
    <PageFrame title={t("create.title")} above={[{ title: t("common:pages.accounts"), to: "/accounts" }]}>
      <Queried query={options}>{({ resources }) => <Wizard resources={resources} />}</Queried>
    </PageFrame>
  );
}

function Wizard({ resources }: { resources: readonly Resource[] }) {
  const { t } = useTranslation("accounts");
  const form = useAccountForm(emptyForm());
  const [step, setStep] = useState(0);
  const create = useDo(
    () => {
      const values = form.getValues();
      return answer(api.api.v1.accounts.post({ ...inputOf(values, resources), totp: values.totp }));
    },
    { quiet: true, changes: [accountsKey] },
  );
  const go = (to: number) => {
    const { errors } = form.validate();
    const at = stepOf(errors);
    if (at !== undefined && at < to) {
      // Of what comes later nothing is wrong yet.
      const fields: readonly string[] = stepFields[at] ?? [];
      form.setErrors(Object.fromEntries(Object.entries(errors).filter(([name]) => fields.includes(name))));
      setStep(at);
      return;
    }
    form.clearErrors();
    if (to <= REVIEW) return setStep(to);
    create.mutate(undefined, {
      onError: (error) => {
        const refused = serverErrors(error);
        if (!refused) return;
        form.setErrors(refused);
        setStep(stepOf(refused) ?? REVIEW);
      },
    });
  };
  if (create.data) return <Secrets account={create.data} />;
  const whole = create.error !== null && serverErrors(create.error) === undefined;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go(step + 1);
      }}
    >
      <Stack maw={760}>
        <Stepper active={step} onStepClick={go} size="sm" iconSize={30}>
          {(["name", "grants", "limits", "review"] as const).map((name) => (
            <Stepper.Step key={name} label={t(`steps.${name}`)} />
          ))}
        </Stepper>
        {step === 0 && <StepName form={form} fresh />}
        {step === 1 && <StepGrants form={form} resources={resources} />}
        {step === 2 && <StepLimits form={form} />}
        {step === REVIEW && <Review form={form.getValues()} resources={resources} />}
        {whole && <Failure error={create.error} />}
        <Group>
          {step > 0 && (
            <Button variant="default" onClick={() => go(step - 1)}>
              {t("create.back")}
            </Button>
          )}
          <Button type="submit" loading={create.isPending}>
            {step < REVIEW ? t("create.next") : t("create.make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What will be made, in words. */
function Review({ form, resources }: { form: AccountForm; resources: readonly Resource[] }) {
  const { t } = useTranslation("accounts");
  const format = useFormats();
  const { name, grants, allowed_ips, expires_at } = inputOf(form, resources);
  return (
    <Stack gap="xs">
      <Text fw={600}>{name}</Text>
      <Text size="sm">{t("review.may")}</Text>
      <GrantList grants={grants} />
      <Text size="sm">{form.totp ? t("review.totp") : t("review.noTotp")}</Text>
      <Text size="sm">
        {allowed_ips.length > 0
          ? t("review.from", { networks: allowed_ips.join(", ") })
          : t("review.anywhere")}
      </Text>
      <Text size="sm">
        {expires_at === null ? t("review.noEnd") : t("review.until", { at: format.dateTime(expires_at) })}
      </Text>
    </Stack>
  );
}
