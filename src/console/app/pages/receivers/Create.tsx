/** A new receiver, step by step; then its secret, once. */
import { Alert, Button, Checkbox, Group, Stack, Stepper } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { answer, api } from "../../api/client.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Secret } from "../../parts/Secret.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import { useSession } from "../../session.tsx";
import { type ReceiverOptions, receiversKey, useReceiverOptions } from "./data.ts";
import { authOf, emptyForm, faultsOf, isOf, membersOf, settingsOf, stepFields, tlsOf } from "./form.ts";
import { StepProtocol } from "./StepProtocol.tsx";
import { StepSending } from "./StepSending.tsx";
import { StepTopics } from "./StepTopics.tsx";
import { StepWhere } from "./StepWhere.tsx";
import { serverErrors, useReceiverForm } from "./useReceiverForm.ts";

const LAST = stepFields.length - 1;

export function CreateReceiver() {
  const { t } = useTranslation("receivers");
  const options = useReceiverOptions();
  return (
    <PageFrame title={t("create.title")} above={[{ title: t("common:pages.receivers"), to: "/receivers" }]}>
      <Queried query={options}>{(found) => <Wizard options={found} />}</Queried>
    </PageFrame>
  );
}

function Wizard({ options }: { options: ReceiverOptions }) {
  const { t } = useTranslation("receivers");
  const { kind, account, can } = useSession();
  const form = useReceiverForm(emptyForm(options, account?.id ?? ""), false);
  const [step, setStep] = useState(0);
  const create = useDo(
    () => {
      const values = form.getValues();
      const { start, enabled, own_secret: secret, headers, metadata } = values;
      return answer(
        api.api.v1.receivers.post({
          ...settingsOf(values, options),
          ...tlsOf(values),
          ...{ auth: authOf(values), start, enabled },
          ...{ headers: membersOf(headers), metadata: membersOf(metadata) },
          ...(secret !== "" && { secret: secret.trim() }),
        }),
      );
    },
    { quiet: true, changes: [receiversKey] },
  );
  /** Goes to the first step at which something is wrong; false where there is none. */
  const stay = (errors: Partial<Record<string, unknown>>, upTo: number): boolean => {
    const names = Object.keys(errors);
    const at = stepFields.findIndex(
      (fields, index) => index <= upTo && names.some((name) => isOf(name, fields)),
    );
    if (at < 0) return false;
    setStep(at);
    return true;
  };
  const go = (to: number) => {
    const faults = form.validate().errors;
    const missing =
      kind === "user" && can("accounts", "read") && form.getValues().account_id === ""
        ? { account_id: t("invalid.account") }
        : {};
    const errors = { ...faults, ...missing };
    if (to > step && stay(errors, to - 1)) {
      // Of what comes later nothing is wrong yet.
      const here = Object.entries(errors).filter(([name]) =>
        stepFields.slice(0, to).some((fields) => isOf(name, fields)),
      );
      form.setErrors(Object.fromEntries(here));
      return;
    }
    form.clearErrors();
    if (to <= LAST) setStep(to);
    else create.mutate(undefined, { onError: (error) => refused(error) });
  };
  const refused = (error: unknown) => {
    const errors = serverErrors(error);
    if (!errors) return;
    form.setErrors(errors);
    stay(errors, LAST);
  };
  if (create.data) return <Made receiver={create.data} />;
  const whole = create.error !== null && serverErrors(create.error) === undefined;
  const steps = ["where", "topics", "protocol", "sending"] as const;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go(step + 1);
      }}
    >
      <Stack>
        <Stepper active={step} onStepClick={go} size="sm" iconSize={30}>
          {steps.map((name) => (
            <Stepper.Step key={name} label={t(`steps.${name}`)} />
          ))}
        </Stepper>
        <div style={{ maxWidth: step === 2 ? undefined : 720 }}>
          {step === 0 && <StepWhere form={form} />}
          {step === 1 && <StepTopics form={form} options={options} fresh />}
          {step === 2 && <StepProtocol form={form} options={options} />}
          {step === 3 && <StepSending form={form} options={options} fresh />}
        </div>
        {whole && <Failure error={create.error} />}
        <Group>
          {step > 0 && (
            <Button variant="default" onClick={() => go(step - 1)}>
              {t("create.back")}
            </Button>
          )}
          <Button
            type="submit"
            loading={create.isPending}
            disabled={Object.keys(faultsOf(form.getValues(), false)).length > 0 && step === LAST}
          >
            {step < LAST ? t("create.next") : t("create.make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Made({ receiver }: { receiver: { id: string; name: string; secret: string } }) {
  const { t } = useTranslation("receivers");
  const [, navigate] = useLocation();
  const [stored, setStored] = useState(false);
  return (
    <Stack maw={640}>
      <Alert color="teal" title={t("made.title", { name: receiver.name })} role="status">
        {t("made.text")}
      </Alert>
      <Secret label={t("made.secret")} value={receiver.secret} />
      <Checkbox
        label={t("made.stored")}
        checked={stored}
        onChange={(event) => setStored(event.currentTarget.checked)}
      />
      <Group>
        <Button disabled={!stored} onClick={() => navigate(`/receivers/${receiver.id}`)}>
          {t("made.go")}
        </Button>
      </Group>
    </Stack>
  );
}
