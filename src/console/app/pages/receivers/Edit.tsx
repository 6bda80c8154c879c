/** Changes a receiver: the same fields as when it was made, all of them on one page. */
import { Button, Group, Stack, Tabs } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { answer, api } from "../../api/client.ts";
import { PageFrame } from "../../parts/PageFrame.tsx";
import { Queried } from "../../parts/Queried.tsx";
import { Failure } from "../../parts/states.tsx";
import { useDo } from "../../parts/useDo.ts";
import {
  type DetailedReceiver,
  receiverKey,
  type ReceiverOptions,
  receiversKey,
  useReceiver,
  useReceiverOptions,
} from "./data.ts";
import {
  authOf,
  formOf,
  isOf,
  keepsAuth,
  membersOf,
  type ReceiverForm,
  settingsOf,
  stepFields,
  tlsOf,
} from "./form.ts";
import { StepProtocol } from "./StepProtocol.tsx";
import { StepSending } from "./StepSending.tsx";
import { StepTopics } from "./StepTopics.tsx";
import { StepWhere } from "./StepWhere.tsx";
import { serverErrors, useReceiverForm } from "./useReceiverForm.ts";

const tabs = ["where", "topics", "protocol", "sending"] as const;

export function EditReceiver({ id }: { id: string }) {
  const { t } = useTranslation("receivers");
  const options = useReceiverOptions();
  const query = useReceiver(id);
  const above = [
    { title: t("common:pages.receivers"), to: "/receivers" },
    { title: query.data?.name ?? "…", to: `/receivers/${id}` },
  ];
  return (
    <PageFrame title={t("edit.title")} above={above}>
      <Queried query={query}>
        {(receiver) => (
          <Queried query={options}>{(found) => <Fields receiver={receiver} options={found} />}</Queried>
        )}
      </Queried>
    </PageFrame>
  );
}

function Fields({ receiver, options }: { receiver: DetailedReceiver; options: ReceiverOptions }) {
  const { t } = useTranslation("receivers");
  const [, navigate] = useLocation();
  const form = useReceiverForm(formOf(receiver, options), true);
  const [tab, setTab] = useState<string | null>("where");
  const { id } = receiver;
  const save = useDo(
    (values: ReceiverForm) => {
      const input = {
        ...settingsOf(values, options),
        ...tlsOf(values),
        ...(!keepsAuth(values, receiver) && { auth: authOf(values) }),
        headers: membersPatch(receiver.headers, membersOf(values.headers)),
        metadata: membersPatch(receiver.metadata, membersOf(values.metadata)),
      };
      return answer(api.api.v1.receivers({ id }).patch(input));
    },
    { quiet: true, changes: [receiversKey, receiverKey(id)], done: () => t("edit.done") },
  );
  const show = (errors: Record<string, unknown>) => {
    const at = stepFields.findIndex((fields) => Object.keys(errors).some((name) => isOf(name, fields)));
    if (at >= 0) setTab(tabs[at] ?? "where");
  };
  const submit = form.onSubmit(
    (values) =>
      save.mutate(values, {
        onSuccess: () => navigate(`/receivers/${id}`),
        onError: (error) => {
          const errors = serverErrors(error);
          if (!errors) return;
          form.setErrors(errors);
          show(errors);
        },
      }),
    show,
  );
  const whole = save.error !== null && serverErrors(save.error) === undefined;
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <Tabs value={tab} onChange={setTab} keepMounted={false}>
          <Tabs.List mb="md">
            {tabs.map((name) => (
              <Tabs.Tab key={name} value={name}>
                {t(`steps.${name}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="where" maw={720}>
            <StepWhere form={form} />
          </Tabs.Panel>
          <Tabs.Panel value="topics" maw={720}>
            <StepTopics form={form} options={options} fresh={false} />
          </Tabs.Panel>
          <Tabs.Panel value="protocol">
            <StepProtocol form={form} options={options} receiver={receiver} />
          </Tabs.Panel>
          <Tabs.Panel value="sending" maw={720}>
            <StepSending form={form} options={options} fresh={false} />
          </Tabs.Panel>
        </Tabs>
        {whole && <Failure error={save.error} />}
        <Group>
          <Button component={Link} href={`/receivers/${id}`} variant="default">
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

/** Headers and metadata are set one by one: those that are there no more must be taken away. */
function membersPatch(before: Record<string, string>, after: Record<string, string>) {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...after };
}
